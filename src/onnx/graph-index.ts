import type { GraphProto, NodeProto } from './model.ts';
import type { TensorProto } from './proto/onnx-ml_pb.ts';
import { tensorsRead } from './sub-graphs.ts';

/** Who makes and who reads each tensor of a graph. Built once; a graph that is changed afterwards needs a new one. */
export interface GraphIndex {
  readonly graph: GraphProto;
  /** tensor name → the node that makes it */
  readonly producers: ReadonlyMap<string, NodeProto>;
  /** tensor name → the nodes that read it, in graph order; graphs inside a node count as the node */
  readonly consumers: ReadonlyMap<string, readonly NodeProto[]>;
  readonly initializers: ReadonlyMap<string, TensorProto>;
  /** names of the graph's inputs that are no initialisers */
  readonly inputs: ReadonlySet<string>;
}

export function indexGraph(graph: GraphProto): GraphIndex {
  const producers = new Map<string, NodeProto>();
  const consumers = new Map<string, NodeProto[]>();
  for (const node of graph.node) {
    for (const output of node.output) if (output !== '') producers.set(output, node);
    for (const name of new Set(tensorsRead(node))) {
      const readers = consumers.get(name);
      if (readers) readers.push(node);
      else consumers.set(name, [node]);
    }
  }
  const initializers = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const inputs = new Set(graph.input.map((input) => input.name).filter((name) => !initializers.has(name)));
  return { graph, producers, consumers, initializers, inputs };
}

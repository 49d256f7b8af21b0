import type { GraphIndex } from '../../onnx/graph-index.ts';
import type { NodeProto } from '../../onnx/model.ts';
import { tensorsRead } from '../../onnx/sub-graphs.ts';

/** The part of a graph that carries values from the embedding to the logits. */
export interface ValueFlow {
  /** In graph order, the source first. */
  readonly nodes: readonly NodeProto[];
  /** The inputs of a node that carry values of the flow, in the order the node lists them. */
  dataInputs(node: NodeProto): readonly string[];
  /** The nearest node that every path from the source to this one runs through; undefined for the source. */
  dominator(node: NodeProto): NodeProto | undefined;
  /** The nodes that every path from the source to the logits runs through, in order. */
  readonly chain: readonly NodeProto[];
}

/** These read no values, only the shape: what they feed is plumbing. */
const SHAPE_READERS = new Set(['Shape', 'Size']);

/**
 * Follows values from a node to a tensor. Each block of a decoder has a way round it (the residual connection), so
 * nothing inside a block dominates the logits: the chain of dominators is the embedding, the residual merges, the final
 * norm and the head. One pass suffices, as ONNX lists nodes in topological order.
 * @returns undefined when no value of `source` reaches `target`
 */
export function traceValueFlow(index: GraphIndex, source: NodeProto, target: string): ValueFlow | undefined {
  const nodes = nodesBetween(index, source, target);
  const last = index.producers.get(target);
  if (last === undefined || !nodes.includes(last)) return undefined;

  const members = new Set(nodes);
  const dataInputs = (node: NodeProto): string[] => {
    if (node === source) return [];
    return tensorsRead(node).filter((name) => {
      const producer = index.producers.get(name);
      return producer !== undefined && members.has(producer);
    });
  };

  const dominators = new Map<NodeProto, NodeProto>();
  const depths = new Map<NodeProto, number>([[source, 0]]);
  const depth = (node: NodeProto): number => depths.get(node) ?? 0;
  const common = (a: NodeProto, b: NodeProto): NodeProto => {
    while (a !== b) {
      if (depth(a) >= depth(b)) a = dominators.get(a) ?? source;
      else b = dominators.get(b) ?? source;
    }
    return a;
  };
  for (const node of nodes) {
    if (node === source) continue;
    const dominator = dataInputs(node)
      .map((name) => index.producers.get(name) as NodeProto)
      .reduce(common);
    dominators.set(node, dominator);
    depths.set(node, depth(dominator) + 1);
  }

  const chain: NodeProto[] = [];
  for (let node: NodeProto | undefined = last; node; node = dominators.get(node)) chain.push(node);
  return { nodes, dataInputs, dominator: (node) => dominators.get(node), chain: chain.reverse() };
}

/** Nodes that `source` reaches and `target` needs, in graph order. */
function nodesBetween(index: GraphIndex, source: NodeProto, target: string): NodeProto[] {
  const carried = new Set(source.output);
  const reached = index.graph.node.filter((node) => {
    if (node === source) return true;
    if (SHAPE_READERS.has(node.opType) || !tensorsRead(node).some((name) => carried.has(name))) return false;
    for (const name of node.output) if (name !== '') carried.add(name);
    return true;
  });
  const wanted = new Set([target]);
  const needed = reached.toReversed().filter((node) => {
    if (!node.output.some((name) => wanted.has(name))) return false;
    for (const name of tensorsRead(node)) if (carried.has(name)) wanted.add(name);
    return true;
  });
  return needed.reverse();
}

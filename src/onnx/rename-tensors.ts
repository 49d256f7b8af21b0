import type { GraphProto, NodeProto } from './model.ts';
import type { AttributeProto } from './proto/onnx-ml_pb.ts';

/** What tensors are called from now on. */
export interface NewNames {
  /** those of the graph that the node stands in */
  readonly around: (name: string) => string;
  /** those that exist only in a graph inside the node */
  readonly inside: (name: string) => string;
}

/** A copy of a node that reads and makes tensors of other names, in the graphs inside it too. */
export function renameTensors(node: NodeProto, names: NewNames): NodeProto {
  const rename = (name: string): string => (name === '' ? '' : names.around(name));
  return {
    ...node,
    input: node.input.map(rename),
    output: node.output.map(rename),
    attribute: node.attribute.map((attribute) => inAttribute(attribute, names)),
  };
}

function inAttribute(attribute: AttributeProto, names: NewNames): AttributeProto {
  if (attribute.g === undefined && attribute.graphs.length === 0) return attribute;
  const { g, graphs } = attribute;
  return {
    ...attribute,
    ...(g && { g: inGraph(g, names) }),
    graphs: graphs.map((graph) => inGraph(graph, names)),
  };
}

function inGraph(graph: GraphProto, names: NewNames): GraphProto {
  const own = new Set([...graph.input, ...graph.initializer].map(({ name }) => name));
  for (const node of graph.node) for (const name of node.output) own.add(name);
  const around = (name: string): string => (own.has(name) ? names.inside(name) : names.around(name));
  const named = <Named extends { name: string }>(item: Named): Named => ({ ...item, name: around(item.name) });
  return {
    ...graph,
    node: graph.node.map((node) => renameTensors(node, { around, inside: names.inside })),
    input: graph.input.map(named),
    output: graph.output.map(named),
    initializer: graph.initializer.map(named),
    valueInfo: graph.valueInfo.map(named),
  };
}

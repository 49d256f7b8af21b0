import type { GraphProto, NodeProto } from './model.ts';

/** The graphs inside a node: the branches of an `If`, the body of a `Loop`. */
export function bodies(node: NodeProto): GraphProto[] {
  return node.attribute.flatMap((attribute) => (attribute.g ? [attribute.g, ...attribute.graphs] : attribute.graphs));
}

/** Every tensor a node needs from its graph: its inputs, and what the graphs inside it read from around them. */
export function tensorsRead(node: NodeProto): string[] {
  const inputs = node.input.filter((name) => name !== '');
  const graphs = bodies(node);
  if (graphs.length === 0) return inputs;
  return [...new Set([...inputs, ...graphs.flatMap(capturedTensors)])];
}

function capturedTensors(graph: GraphProto): string[] {
  const own = new Set([...graph.input, ...graph.initializer].map(({ name }) => name));
  for (const node of graph.node) for (const output of node.output) own.add(output);
  const read = [...graph.node.flatMap(tensorsRead), ...graph.output.map(({ name }) => name)];
  return read.filter((name) => !own.has(name));
}

/** A graph and all graphs inside its nodes. */
export function allGraphs(graph: GraphProto): GraphProto[] {
  return [graph, ...graph.node.flatMap(bodies).flatMap(allGraphs)];
}

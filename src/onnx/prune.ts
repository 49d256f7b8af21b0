import type { GraphProto, NodeProto } from './model.ts';
import type { GraphIndex } from './graph-index.ts';
import { tensorsRead } from './sub-graphs.ts';

/** The nodes that the given tensors depend on, in graph order. Relies on the graph's topological order. */
function nodesNeededBy(graph: GraphProto, tensors: readonly string[]): NodeProto[] {
  const wanted = new Set(tensors);
  const needed: NodeProto[] = [];
  for (const node of graph.node.toReversed()) {
    if (!node.output.some((name) => name !== '' && wanted.has(name))) continue;
    needed.push(node);
    for (const name of tensorsRead(node)) wanted.add(name);
  }
  return needed.reverse();
}

/**
 * Removes, in place, what the graph's outputs do not depend on: nodes, initialisers, descriptions of tensors.
 * Inputs stay, so that callers feed a model as before; only initialisers listed as inputs go with their data.
 */
export function pruneDeadNodes(graph: GraphProto): void {
  const outputs = graph.output.map(({ name }) => name);
  graph.node = nodesNeededBy(graph, outputs);
  const alive = new Set([...outputs, ...graph.node.flatMap(tensorsRead)]);
  const dead = new Set(graph.initializer.map(({ name }) => name).filter((name) => !alive.has(name)));
  graph.initializer = graph.initializer.filter(({ name }) => !dead.has(name));
  graph.input = graph.input.filter(({ name }) => !dead.has(name));
  for (const node of graph.node) for (const name of node.output) alive.add(name);
  graph.valueInfo = graph.valueInfo.filter(({ name }) => alive.has(name));
}

/**
 * Tensors that are the same in every run: made from initialisers and constants alone.
 * Relies on the graph's topological order.
 */
export function constantTensors(index: GraphIndex): ReadonlySet<string> {
  const constants = new Set(index.initializers.keys());
  for (const node of index.graph.node) {
    if (tensorsRead(node).every((name) => constants.has(name))) for (const name of node.output) constants.add(name);
  }
  return constants;
}

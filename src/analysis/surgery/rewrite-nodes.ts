import type { GraphProto, NodeProto } from '../../onnx/model.ts';

/**
 * Goes through the nodes in order and puts them back one by one, so that what `visit` adds stands before or after the
 * node, and every tensor is still made before it is read.
 * @param visit calls `keep` once, where the node belongs
 */
export function rewriteNodes(graph: GraphProto, visit: (node: NodeProto, keep: () => void) => void): void {
  const nodes = graph.node;
  graph.node = [];
  for (const node of nodes) visit(node, () => void graph.node.push(node));
}

import { floatAttribute } from '../../onnx/attributes.ts';
import { elementType } from '../../onnx/element-type.ts';
import { GraphBuilder } from '../../onnx/graph-builder.ts';
import { type GraphIndex, indexGraph } from '../../onnx/graph-index.ts';
import type { NodeProto, OnnxModel } from '../../onnx/model.ts';
import { rewriteNodes } from './rewrite-nodes.ts';

/** Epsilon of SimplifiedLayerNormalization where the node states none. */
const DEFAULT_EPSILON = 1e-5;

/**
 * Joins each sum with the norm that reads it into one operator that gives both, in place. On a graphics card every
 * operator of a short prompt costs the time of its launch, whatever it computes.
 */
export function fuseNorms(model: OnnxModel): void {
  const index = indexGraph(model.graph);
  const builder = new GraphBuilder(model);
  const norms = new Map<NodeProto, NodeProto>();
  for (const node of model.graph.node) {
    const norm = node.opType === 'Add' ? onlyNorm(index, node) : undefined;
    if (norm) norms.set(node, norm);
  }
  const fused = new Set(norms.values());
  rewriteNodes(model.graph, (node, keep) => {
    const norm = norms.get(node);
    if (norm === undefined) return fused.has(node) ? undefined : keep();
    const inputs = [...node.input, norm.input[1] as string];
    const described = model.graph.valueInfo.find(({ name }) => name === node.output[0]);
    if (described) model.graph.valueInfo.push({ ...described, name: norm.output[0] as string });
    builder.node(`ft_lens.fused/${norm.output[0]}`, 'SkipSimplifiedLayerNormalization', inputs, {
      domain: 'com.microsoft',
      attributes: { epsilon: floatAttribute(norm, 'epsilon') ?? DEFAULT_EPSILON },
      outputs: [norm.output[0] as string, '', '', node.output[0] as string],
    });
  });
}

/** The norm over the last axis that reads a sum of two states of one shape; undefined when there is none, or several. */
function onlyNorm(index: GraphIndex, sum: NodeProto): NodeProto | undefined {
  const [output = ''] = sum.output;
  const norms = (index.consumers.get(output) ?? []).filter(({ opType }) => opType === 'SimplifiedLayerNormalization');
  const [norm] = norms;
  const computed = sum.input.every((name) => index.producers.has(name) || index.inputs.has(name));
  const sameType = norm && elementType(index, output) === elementType(index, norm.input[1] ?? '');
  return norms.length === 1 && computed && sameType ? norm : undefined;
}

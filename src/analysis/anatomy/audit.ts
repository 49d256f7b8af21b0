import { create } from '@bufbuild/protobuf';
import { inputError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { intAttribute } from '../../onnx/attributes.ts';
import { constantIntegers } from '../../onnx/constants.ts';
import { type GraphIndex, indexGraph } from '../../onnx/graph-index.ts';
import type { GraphProto, NodeProto, OnnxModel } from '../../onnx/model.ts';
import { GraphProtoSchema } from '../../onnx/proto/onnx-ml_pb.ts';
import { allGraphs } from '../../onnx/sub-graphs.ts';
import { auditExperts } from './audit-experts.ts';
import { auditQuantizedProduct } from './audit-quantized-product.ts';
import type { Fault } from './fault.ts';

type Audit = (index: GraphIndex, node: NodeProto) => Fault | undefined;

const AUDITS: ReadonlyMap<string, Audit> = new Map<string, Audit>([
  ['MatMulNBits', auditQuantizedProduct],
  ['QMoE', auditExperts],
  ['GroupQueryAttention', auditAttention],
  ['MultiHeadAttention', auditAttention],
  ['Attention', auditAttention],
  ['RotaryEmbedding', auditAttention],
  ['CausalConvWithState', auditConvolution],
  ['ConstantOfShape', auditFill],
  ['Expand', auditFill],
  ['Tile', auditFill],
  ['Range', auditRange],
  ...['RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike', 'Bernoulli', 'Multinomial'].map(
    (operator): [string, Audit] => [operator, refuseChance],
  ),
]);

/**
 * Checks the attributes and shapes of the operators on whose contradictions the native runtime is known to crash
 * instead of throwing, so that it never sees such a graph. The model has passed `validateModel`.
 * @throws FtLensError naming the node
 */
export function auditGraph(model: OnnxModel, where: string): void {
  const bodies = model.proto.functions.map(({ node }) => create(GraphProtoSchema, { node }));
  for (const graph of [model.graph, ...bodies].flatMap(allGraphs)) auditNodes(graph, where);
}

/** What comes into a graph inside a node, or into a function, is not known here: the runtime checks it. */
function auditNodes(graph: GraphProto, where: string): void {
  const index = indexGraph(graph);
  for (const node of graph.node) {
    const fault = AUDITS.get(node.opType)?.(index, node);
    if (fault)
      throw inputError('An operator of the graph contradicts itself.', {
        where: `${where}, node ${node.name || node.output[0]} (${node.opType})`,
        ...fault,
        remedy: 'export this model again, or fetch it again if it was damaged on the way',
      });
  }
}

/** Head counts 1 … limit, and query heads in groups of equal size. Rotary caches of one shape. */
function auditAttention(index: GraphIndex, node: NodeProto): Fault | undefined {
  const heads = intAttribute(node, 'num_heads') ?? intAttribute(node, 'q_num_heads');
  const keyValueHeads = intAttribute(node, 'kv_num_heads');
  for (const count of [heads, keyValueHeads]) {
    // 0 stands for "not stated" in some of these operators.
    if (count !== undefined && (count < 0 || count > LIMITS.attentionHeads))
      return { expected: `at most ${LIMITS.attentionHeads} heads`, got: `${count}` };
  }
  if (node.opType === 'GroupQueryAttention' && !(heads && keyValueHeads && heads % keyValueHeads === 0))
    return { expected: 'query heads in whole groups per KV head', got: `${heads} and ${keyValueHeads}` };

  const [cosine, sine] = node.opType === 'GroupQueryAttention' ? node.input.slice(7, 9) : [];
  const [a, b] = [cosine, sine].map((name) => index.initializers.get(name ?? '')?.dims.map(Number));
  if (a && b && (a.length !== 2 || a.some((size, axis) => size !== b[axis] || size === 0) || a.length !== b.length))
    return {
      expected: 'rotary caches of one shape [positions, half the rotated width]',
      got: `[${a.join(', ')}] and [${b.join(', ')}]`,
    };
  const headSize = a && pastHeadSize(index, node);
  if (a && headSize !== undefined && (a[1] as number) * 2 > headSize)
    return { expected: `rotary caches no wider than half of ${headSize}`, got: `${a[1]}` };
  return undefined;
}

/** Head size, from the shape of the KV cache coming in; undefined when it is free. */
function pastHeadSize(index: GraphIndex, node: NodeProto): number | undefined {
  const past = index.graph.input.find(({ name }) => name === node.input[3])?.type?.value;
  const size = past?.case === 'tensorType' ? past.value.shape?.dim[3]?.value : undefined;
  return size?.case === 'dimValue' ? Number(size.value) : undefined;
}

function auditConvolution(_index: GraphIndex, node: NodeProto): Fault | undefined {
  const axes = intAttribute(node, 'ndim') ?? 1;
  return axes >= 1 && axes <= 3 ? undefined : { expected: '1 to 3 dimensions', got: `${axes}` };
}

/** A tensor filled from a constant shape, or repeated so often, takes memory without a prompt of that size. */
function auditFill(index: GraphIndex, node: NodeProto): Fault | undefined {
  const shape = constantIntegers(index, node.input.at(-1) ?? '');
  return tooMany(Math.abs(shape?.reduce((product, size) => product * size, 1) ?? 0));
}

/** ⌈(limit − start) / delta⌉ numbers. */
function auditRange(index: GraphIndex, node: NodeProto): Fault | undefined {
  const [start, limit, delta] = node.input.map((name) => constantIntegers(index, name)?.[0]);
  if (start === undefined || limit === undefined || delta === undefined) return undefined;
  return delta === 0 ? { expected: 'a step other than 0', got: '0' } : tooMany(Math.ceil((limit - start) / delta));
}

function tooMany(elements: number): Fault | undefined {
  if (elements <= LIMITS.filledElements) return undefined;
  return { expected: `at most ${LIMITS.filledElements} elements`, got: `${elements}` };
}

/** Two readings of one model would differ. */
function refuseChance(_index: GraphIndex, node: NodeProto): Fault {
  return { expected: 'operators that give the same numbers every time', got: node.opType };
}

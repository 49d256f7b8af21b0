import { intAttribute } from '../../onnx/attributes.ts';
import { elementType } from '../../onnx/element-type.ts';
import { DataType } from '../../onnx/graph-builder.ts';
import { type GraphIndex, indexGraph } from '../../onnx/graph-index.ts';
import type { NodeProto, OnnxModel } from '../../onnx/model.ts';
import { constantTensors } from '../../onnx/prune.ts';
import { isExpertOperator } from './find-router.ts';
import type { DecoderAnatomy } from './types.ts';
import { weightProduct } from './weight-product.ts';

const TYPE_NAMES: ReadonlyMap<DataType, string> = new Map([
  [DataType.FLOAT, 'f32'],
  [DataType.FLOAT16, 'f16'],
  [DataType.BFLOAT16, 'bf16'],
]);

/**
 * How the weights are stored and multiplied, e.g. "experts int4/64, projections int4/64, router f32, head f16,
 * embedding f16" (bits / block size). Two models with different recipes differ by their rounding too, so a comparison
 * of them says less about their weights.
 */
export function quantizationRecipe(model: OnnxModel, anatomy: DecoderAnatomy): string {
  const index = indexGraph(model.graph);
  const constants = constantTensors(index);
  const kinds = new Map<string, Set<string>>(
    ['experts', 'projections', 'router', 'head', 'embedding'].map((kind) => [kind, new Set<string>()]),
  );
  const add = (kind: string, storage: string): void => void kinds.get(kind)?.add(storage);

  const routers = new Set(
    anatomy.layers.flatMap(({ router }) => (router ? [productBehind(index, router.logits)] : [])),
  );
  for (const node of model.graph.node) {
    if (isExpertOperator(node)) {
      add('experts', expertStorage(index, node));
      continue;
    }
    const product = weightProduct(index, constants, node);
    if (product === undefined) continue;
    const [name] = node.output;
    const kind = name === anatomy.head.projection ? 'head' : routers.has(node) ? 'router' : 'projections';
    add(kind, productStorage(index, node, product.weight));
  }
  const lookup = index.producers.get(anatomy.embedding.node) as NodeProto;
  add('embedding', lookupStorage(index, lookup, anatomy.embedding.weight));
  return [...kinds]
    .filter(([, storages]) => storages.size > 0)
    .map(([kind, storages]) => `${kind} ${[...storages].sort().join(' + ')}`)
    .join(', ');
}

/** The router's product, perhaps behind the sum with its bias. */
function productBehind(index: GraphIndex, logits: string): NodeProto | undefined {
  const node = index.producers.get(logits);
  if (node?.opType !== 'Add') return node;
  return node.input.map((name) => index.producers.get(name)).find((producer) => producer !== undefined);
}

function expertStorage(index: GraphIndex, node: NodeProto): string {
  if (node.opType !== 'QMoE') return typeName(index, node.input[2] ?? '');
  const block = intAttribute(node, 'block_size');
  const zeroPoints = node.input[11] ? ' asymmetric' : '';
  return `int${intAttribute(node, 'expert_weight_bits') ?? 4}/${block ?? 'row'}${zeroPoints}`;
}

function productStorage(index: GraphIndex, node: NodeProto, weight: string): string {
  if (node.opType !== 'MatMulNBits') return typeName(index, weight);
  const accuracy = intAttribute(node, 'accuracy_level') ?? 0;
  return [
    `int${intAttribute(node, 'bits') ?? 4}/${intAttribute(node, 'block_size')}`,
    ...(node.input[3] ? ['asymmetric'] : []),
    ...(accuracy === 0 ? [] : [`accuracy ${accuracy}`]),
  ].join(' ');
}

function lookupStorage(index: GraphIndex, node: NodeProto, weight: string): string {
  if (node.opType !== 'GatherBlockQuantized') return typeName(index, weight);
  return `int${intAttribute(node, 'bits') ?? 4}/${intAttribute(node, 'block_size') ?? 128}`;
}

function typeName(index: GraphIndex, tensor: string): string {
  const type = elementType(index, tensor);
  return (type !== undefined && TYPE_NAMES.get(type)) || 'other';
}

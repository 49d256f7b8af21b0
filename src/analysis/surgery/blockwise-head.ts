import { create } from '@bufbuild/protobuf';
import { intAttribute } from '../../onnx/attributes.ts';
import { DataType, GraphBuilder, valueInfo } from '../../onnx/graph-builder.ts';
import type { GraphProto, NodeProto, OnnxModel } from '../../onnx/model.ts';
import { GraphProtoSchema } from '../../onnx/proto/onnx-ml_pb.ts';
import { pruneDeadNodes } from '../../onnx/prune.ts';
import { bodies } from '../../onnx/sub-graphs.ts';
import type { DecoderAnatomy } from '../anatomy/types.ts';
import { rewriteNodes } from './rewrite-nodes.ts';

/** f32 numbers of a block, 8 MB: few enough to stay in a cache, enough to keep every core busy. */
const BLOCK_NUMBERS = 2 ** 21;

/** First operator set with all that is used here. */
const OPSET = 13;

/**
 * Multiplies with an f16 head block by block, in place. The CPU multiplies in f32: all of Qwen3's head at once would
 * take 1.2 GB, and more time to get this memory than to convert the numbers. Every logit is the same sum as before.
 *
 *   x [rows, D] ──────────────────────────────── Gemm ─ block [rows, b]      for each b rows of the head
 *   weight f16 [V, D] ─ Slice [b, D] ─ Cast f32 ─┘
 *
 *   Loop [blocks, rows, b] ─ Transpose ─ Reshape ─ Concat with the rest ─ logits [rows, V]
 *
 * A head that is stored or multiplied in another way stays as it is.
 */
export function multiplyHeadInBlocks(model: OnnxModel, { head }: DecoderAnatomy, blockNumbers = BLOCK_NUMBERS): void {
  const { graph, proto } = model;
  const opset = proto.opsetImport.find(({ domain }) => domain === '')?.version ?? 0n;
  const weight = graph.initializer.find(({ name }) => name === head.weight);
  const [rows = 0, columns = 0] = weight?.dims.map(Number) ?? [];
  const size = Math.max(1, Math.floor(blockNumbers / Math.max(1, columns)));
  if (opset < OPSET || weight?.dataType !== DataType.FLOAT16 || rows <= size) return;
  const casts = graph.node.filter(
    (node) => node.opType === 'Cast' && node.input[0] === head.weight && intAttribute(node, 'to') === DataType.FLOAT,
  );
  const matrices = new Set(casts.map(({ output }) => output[0] as string));
  const builder = new GraphBuilder(model);
  let split = false;
  rewriteNodes(graph, (node, keep) => {
    if (!isProductWith(node, matrices)) return keep();
    split = true;
    addBlocks(builder, node, { weight: head.weight, rows, size });
  });
  if (split) pruneDeadNodes(graph);
}

/** The tensor whose rows a node multiplies block by block, if {@link multiplyHeadInBlocks} made it. // (rows, D) */
export function rowsOfBlocks(node: NodeProto): string | undefined {
  if (node.opType !== 'Loop') return undefined;
  const [body] = bodies(node);
  return body?.node.find(({ opType }) => opType === 'Gemm')?.input[0];
}

/** x · Wᵀ and nothing more. */
function isProductWith(node: NodeProto, matrices: ReadonlySet<string>): boolean {
  const [, matrix = '', bias = ''] = node.input;
  const plain = node.attribute.length === 1 && intAttribute(node, 'transB') === 1;
  return node.opType === 'Gemm' && plain && matrices.has(matrix) && bias === '';
}

function addBlocks(
  builder: GraphBuilder,
  product: NodeProto,
  { weight, rows, size }: { readonly weight: string; readonly rows: number; readonly size: number },
): void {
  const [x, logits] = [product.input[0] as string, product.output[0] as string];
  const path = `ft_lens.blocks/${logits}`;
  const blocks = Math.floor(rows / size);
  const whole = blocks * size;
  const constants = { size: builder.int64s([size]), axis: builder.int64s([0]) };
  const body = blockGraph(path, { x, weight, ...constants });
  const all = builder.node(`${path}/Loop`, 'Loop', [builder.int64(blocks), ''], { attributes: { body } });
  const byRow = builder.node(`${path}/Transpose`, 'Transpose', [all], { attributes: { perm: [1n, 0n, 2n] } });
  const outputs = [logits];
  const shape = builder.int64s([-1, whole]);
  if (whole === rows) {
    builder.node(`${path}/Reshape`, 'Reshape', [byRow, shape], { outputs });
    return;
  }
  const first = builder.node(`${path}/Reshape`, 'Reshape', [byRow, shape]);
  const rest = addProduct(builder, `${path}/rest`, x, [
    weight,
    builder.int64s([whole]),
    builder.int64s([rows]),
    constants.axis,
  ]);
  builder.node(`${path}/Concat`, 'Concat', [first, rest], { attributes: { axis: 1n }, outputs });
}

/** What is done with block i; all but i comes from the graph around it. */
function blockGraph(
  path: string,
  {
    x,
    weight,
    size,
    axis,
  }: { readonly x: string; readonly weight: string; readonly size: string; readonly axis: string },
): GraphProto {
  const graph = create(GraphProtoSchema, { name: `${path}/block` });
  const builder = new GraphBuilder({ graph });
  const i = builder.input(`${path}/i`, DataType.INT64, []);
  const condition = builder.input(`${path}/condition`, DataType.BOOL, []);
  const start = builder.node(`${path}/start`, 'Mul', [i, size]);
  const end = builder.node(`${path}/end`, 'Add', [start, size]);
  const block = addProduct(builder, path, x, [weight, start, end, axis]);
  const goOn = builder.node(`${path}/goOn`, 'Identity', [condition]);
  graph.output = [valueInfo(goOn, DataType.BOOL, []), valueInfo(block, DataType.FLOAT)];
  return graph;
}

/** @param slice inputs of the Slice that takes some rows of the head */
function addProduct(builder: GraphBuilder, path: string, x: string, slice: readonly string[]): string {
  const halves = builder.node(`${path}/Slice`, 'Slice', slice);
  const block = builder.node(`${path}/Cast`, 'Cast', [halves], { attributes: { to: BigInt(DataType.FLOAT) } });
  return builder.node(`${path}/Gemm`, 'Gemm', [x, block], { attributes: { transB: 1n } });
}

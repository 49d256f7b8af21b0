import type { Qwen3MoeConfig } from '../checkpoint/model-config.ts';
import { elementCount } from '../checkpoint/shape.ts';
import { EMBEDDING, FINAL_NORM, HEAD, expertWeight, type ModuleKind } from '../checkpoint/weight-names.ts';
import { inputError } from '../../errors.ts';
import type { QuantizationRecipe } from './recipe.ts';
import {
  expertStack,
  headNormWeight,
  inputNormWeight,
  packedName,
  postAttentionNormWeight,
  projectionWeight,
  PROJECTIONS,
  routerWeight,
  scalesName,
  transposedName,
} from './tensor-names.ts';

/** Lengths that the shapes of the weights follow from. */
export type DecoderDimensions = Pick<
  Qwen3MoeConfig,
  | 'layers'
  | 'hiddenSize'
  | 'attentionHeads'
  | 'keyValueHeads'
  | 'headDim'
  | 'experts'
  | 'expertIntermediateSize'
  | 'vocabSize'
>;

/** How the numbers of a weight are stored. */
export type Encoding =
  | { readonly form: 'f32' }
  /** f32 with rows and columns exchanged: the right operand of MatMul. */
  | { readonly form: 'transposed' }
  | { readonly form: 'f16' }
  /** Integers of `bits` that share a scale by blocks of a row: a packed tensor, then the scales. */
  | {
      readonly form: 'blocks';
      readonly bits: 4 | 8;
      readonly blockSize: number;
      /** Take the best of several scales for each block. */
      readonly search?: boolean;
    };

/** A tensor of the export's data file. */
export interface PlannedTensor {
  readonly name: string;
  readonly dtype: 'f32' | 'f16' | 'u8';
  readonly shape: readonly number[];
}

const DTYPE_BYTES = { f32: 4, f16: 2, u8: 1 } as const;

export function tensorBytes({ dtype, shape }: PlannedTensor): number {
  return DTYPE_BYTES[dtype] * elementCount(shape);
}

/** A weight of the decoder: where its numbers come from, and the tensors that they go to. */
export interface PlannedWeight {
  readonly kind: ModuleKind;
  /** Counts from 1; undefined outside the layers. */
  readonly layer: number | undefined;
  /**
   * A stack of matrices, one below the other. Each is named by the checkpoint's weights whose rows it takes in turn:
   * [['a'], ['b']] is a's rows, then b's; [['a', 'b']] is a0, b0, a1, b1, …
   */
  readonly sources: readonly (readonly string[])[];
  /** [rows, columns] of each weight named in `sources`, [length] of a vector. */
  readonly sourceShape: readonly number[];
  readonly encoding: Encoding;
  /** One tensor; packed values and scales for blocks. */
  readonly tensors: readonly PlannedTensor[];
}

/**
 * All weights of a decoder, in the order of the data file.
 * @param tiedHead the head is the embedding: an f16 head then needs no tensor of its own
 * @throws FtLensError when a row cannot be cut into whole blocks
 */
export function planWeights(
  dimensions: DecoderDimensions,
  recipe: QuantizationRecipe,
  tiedHead: boolean,
): PlannedWeight[] {
  const { hiddenSize, vocabSize } = dimensions;
  checkExpertBlocks(dimensions, recipe.blockSize);
  const layers = Array.from({ length: dimensions.layers }, (_, layer) => planLayer(dimensions, recipe, layer));
  return [
    half('embedding', EMBEDDING, [vocabSize, hiddenSize]),
    ...layers.flat(),
    plain('norm', undefined, FINAL_NORM, [hiddenSize]),
    ...planHead(dimensions, recipe, tiedHead),
  ];
}

function planLayer(dimensions: DecoderDimensions, recipe: QuantizationRecipe, index: number): PlannedWeight[] {
  const { hiddenSize, headDim, experts, expertIntermediateSize } = dimensions;
  const layer = index + 1;
  const queryWidth = dimensions.attentionHeads * headDim;
  const keyValueWidth = dimensions.keyValueHeads * headDim;
  const projectionShapes = {
    q_proj: [queryWidth, hiddenSize],
    k_proj: [keyValueWidth, hiddenSize],
    v_proj: [keyValueWidth, hiddenSize],
    o_proj: [hiddenSize, queryWidth],
  } as const;
  const router = routerWeight(index);
  const eachExpert = <T>(make: (expert: number) => T): T[] => Array.from({ length: experts }, (_, e) => make(e));
  return [
    plain('norm', layer, inputNormWeight(index), [hiddenSize]),
    ...PROJECTIONS.map((projection) => {
      const name = projectionWeight(index, projection);
      return blocks('attention', layer, name, [[name]], projectionShapes[projection], recipe.bits, recipe);
    }),
    plain('norm', layer, headNormWeight(index, 'q_norm'), [headDim]),
    plain('norm', layer, headNormWeight(index, 'k_norm'), [headDim]),
    plain('norm', layer, postAttentionNormWeight(index), [hiddenSize]),
    {
      kind: 'router',
      layer,
      sources: [[router]],
      sourceShape: [experts, hiddenSize],
      encoding: { form: 'transposed' },
      tensors: [{ name: transposedName(router), dtype: 'f32', shape: [hiddenSize, experts] }],
    },
    blocks(
      'experts',
      layer,
      expertStack(index, 'gate_up_proj'),
      eachExpert((expert) => [expertWeight(index, expert, 'gate_proj'), expertWeight(index, expert, 'up_proj')]),
      [expertIntermediateSize, hiddenSize],
      recipe.bits,
      recipe,
    ),
    blocks(
      'experts',
      layer,
      expertStack(index, 'down_proj'),
      eachExpert((expert) => [expertWeight(index, expert, 'down_proj')]),
      [hiddenSize, expertIntermediateSize],
      recipe.bits,
      recipe,
    ),
  ];
}

/** QMoE of ONNX Runtime 1.30 takes experts whose first matrix has one block a row for ones without blocks. */
function checkExpertBlocks({ hiddenSize, expertIntermediateSize }: DecoderDimensions, blockSize: number): void {
  if (hiddenSize !== blockSize || expertIntermediateSize <= blockSize) return;
  throw inputError('ONNX Runtime cannot run experts of this shape with this block size.', {
    where: `hidden size ${hiddenSize}, expert width ${expertIntermediateSize}`,
    expected: 'a block size below the hidden size',
    got: `${blockSize}`,
    remedy: 'take a smaller block size, such as --block-size 32',
  });
}

function planHead(dimensions: DecoderDimensions, recipe: QuantizationRecipe, tiedHead: boolean): PlannedWeight[] {
  const shape = [dimensions.vocabSize, dimensions.hiddenSize] as const;
  const source = tiedHead ? EMBEDDING : HEAD;
  if (recipe.headBits !== 16) return [blocks('head', undefined, HEAD, [[source]], shape, recipe.headBits, recipe)];
  return tiedHead ? [] : [half('head', HEAD, shape)];
}

function plain(kind: ModuleKind, layer: number | undefined, name: string, shape: readonly number[]): PlannedWeight {
  return {
    kind,
    layer,
    sources: [[name]],
    sourceShape: shape,
    encoding: { form: 'f32' },
    tensors: [{ name, dtype: 'f32', shape }],
  };
}

function half(kind: ModuleKind, name: string, shape: readonly number[]): PlannedWeight {
  return {
    kind,
    layer: undefined,
    sources: [[name]],
    sourceShape: shape,
    encoding: { form: 'f16' },
    tensors: [{ name, dtype: 'f16', shape }],
  };
}

/** Layouts of MatMulNBits, [rows, blocks, bytes of a block], and of QMoE, [experts, rows, bytes of a row]. */
function blocks(
  kind: ModuleKind,
  layer: number | undefined,
  name: string,
  sources: readonly (readonly string[])[],
  sourceShape: readonly [number, number],
  bits: 4 | 8,
  { blockSize, rule }: QuantizationRecipe,
): PlannedWeight {
  const [sourceRows, columns] = sourceShape;
  if (columns % blockSize !== 0) {
    throw inputError('The rows of a weight cannot be cut into whole blocks.', {
      where: sources[0]?.[0],
      expected: `a multiple of ${blockSize} columns`,
      got: `${columns} columns`,
      remedy: 'take a smaller block size, such as --block-size 32',
    });
  }
  const rows = sourceRows * (sources[0]?.length ?? 1);
  const rowBytes = (columns * bits) / 8;
  const rowBlocks = columns / blockSize;
  const stacked = kind === 'experts';
  return {
    kind,
    layer,
    sources,
    sourceShape,
    encoding: { form: 'blocks', bits, blockSize, ...(rule === 'searched-scale' && { search: true }) },
    tensors: [
      {
        name: packedName(name, bits),
        dtype: 'u8',
        shape: stacked ? [sources.length, rows, rowBytes] : [rows, rowBlocks, rowBytes / rowBlocks],
      },
      {
        name: scalesName(name),
        dtype: 'f32',
        shape: stacked ? [sources.length, rows, rowBlocks] : [rows, rowBlocks],
      },
    ],
  };
}

import { fusedShape, sliceOfFused } from '../checkpoint/locate-weights.ts';
import type { Qwen3MoeConfig } from '../checkpoint/model-config.ts';
import { sameShape } from '../checkpoint/shape.ts';
import { EMBEDDING, expertWeight, publishedWeights } from '../checkpoint/weight-names.ts';
import type { LoraModule } from './adapter-modules.ts';
import type { Factor, WeightChange } from './weight-change.ts';

/** Shapes of the tensors in an adapter file, by name. */
export type TensorShapes = ReadonlyMap<string, readonly number[]>;

/** The weights of the base that the factors of one module change. */
export interface ModuleTarget {
  /** The module, or the fused parameter, in the base model. */
  readonly path: string;
  readonly rank: number;
  readonly weights: readonly { readonly name: string; readonly b: Factor; readonly a: Factor }[];
}

/** An adapter tensor that has no place in the base. */
export interface Misfit {
  readonly tensor: string;
  readonly expected: string;
  readonly got: string;
}

/** The base as an adapter sees it: a tied head is a weight of its own, since an adapter can untie it. */
export function targetShapes(config: Qwen3MoeConfig): Map<string, readonly number[]> {
  return publishedWeights({ ...config, tiedEmbeddings: false });
}

const FUSED_EXPERTS = /^(?<module>model\.layers\.(?<layer>0|[1-9]\d*)\.mlp\.experts)(?:\.base_layer)?$/;

/** Finds the weights that the factors of a module change. */
export function matchModule(
  module: LoraModule,
  shapes: TensorShapes,
  targets: ReadonlyMap<string, readonly number[]>,
  config: Qwen3MoeConfig,
): ModuleTarget | Misfit {
  const { path, a, b } = module;
  if (a === undefined || b === undefined) {
    const tensor = a ?? b ?? module.magnitude ?? path;
    return { tensor, expected: 'lora_A and lora_B of one module', got: 'only this one' };
  }
  const pair: FactorPair = { a, b, aShape: shapes.get(a)!, bShape: shapes.get(b)! };
  const fused = FUSED_EXPERTS.exec(path)?.groups;
  const layer = Number(fused?.['layer']);
  if (fused && layer < config.layers) return matchFused(fused['module']!, layer, pair, config);
  const name = `${path}.weight`;
  const shape = targets.get(name);
  if (shape?.length !== 2 || module.embedding !== (name === EMBEDDING)) {
    return { tensor: a, expected: 'a matrix of the checkpoint', got: `no weight ${name}` };
  }
  return matchMatrix(name, shape as [number, number], pair, module.embedding);
}

interface FactorPair {
  readonly a: string;
  readonly b: string;
  readonly aShape: readonly number[];
  readonly bShape: readonly number[];
}

/** Linear: A (rank, in), B (out, rank). Embedding: A (rank, vocabulary), B (hidden, rank), and the change is (B A)ᵀ. */
function matchMatrix(
  name: string,
  [rows, columns]: readonly [number, number],
  { a, b, aShape, bShape }: FactorPair,
  embedding: boolean,
): ModuleTarget | Misfit {
  const rank = aShape[0] ?? 0;
  const misfit =
    unlike(a, aShape, [rank, embedding ? rows : columns]) ?? unlike(b, bShape, [embedding ? columns : rows, rank]);
  if (misfit) return misfit;
  const factors = embedding
    ? {
        b: { tensor: a, offset: 0, rowStride: 1, columnStride: rows },
        a: { tensor: b, offset: 0, rowStride: 1, columnStride: rank },
      }
    : {
        b: { tensor: b, offset: 0, rowStride: rank, columnStride: 1 },
        a: { tensor: a, offset: 0, rowStride: columns, columnStride: 1 },
      };
  return { path: name.slice(0, -'.weight'.length), rank, weights: [{ name, ...factors }] };
}

/**
 * PEFT's form for a fused parameter of all experts: A (expert * rank, in), the expert being the slow index of its rows,
 * and B (out, rank * expert), the expert being the fast index of its columns. `gate_up_proj` takes the hidden state and
 * gives gate and up, gate first; `down_proj` takes the inner state. Which of the two a pair is only its shapes tell:
 * the `.base_layer` in a name depends on whether both were trained.
 */
function matchFused(module: string, layer: number, pair: FactorPair, config: Qwen3MoeConfig): ModuleTarget | Misfit {
  const { a, b, aShape, bShape } = pair;
  const { experts, hiddenSize, expertIntermediateSize: inner } = config;
  const [stackedRank = 0, columns = 0] = aShape;
  const [rows = 0] = bShape;
  const rank = stackedRank / experts;
  const isGateUp = columns === hiddenSize && rows === 2 * inner;
  const isDown = columns === inner && rows === hiddenSize;
  if (!isGateUp && !isDown) {
    return {
      tensor: a,
      expected: `A and B of [*, ${hiddenSize}] and [${2 * inner}, *], or of [*, ${inner}] and [${hiddenSize}, *]`,
      got: `[${aShape.join(', ')}] and [${bShape.join(', ')}]`,
    };
  }
  if (!Number.isInteger(rank)) {
    const expected = `a multiple of ${experts} rows, a block for each expert`;
    return { tensor: a, expected, got: `${stackedRank} rows` };
  }
  const misfit = unlike(a, aShape, [stackedRank, columns]) ?? unlike(b, bShape, [rows, stackedRank]);
  if (misfit) return misfit;
  const factors = (expert: number, firstRow: number) => ({
    b: { tensor: b, offset: firstRow * stackedRank + expert, rowStride: stackedRank, columnStride: experts },
    a: { tensor: a, offset: expert * rank * columns, rowStride: columns, columnStride: 1 },
  });
  const weights = Array.from({ length: experts }, (_, expert) =>
    isGateUp
      ? [
          { name: expertWeight(layer, expert, 'gate_proj'), ...factors(expert, 0) },
          { name: expertWeight(layer, expert, 'up_proj'), ...factors(expert, inner) },
        ]
      : [{ name: expertWeight(layer, expert, 'down_proj'), ...factors(expert, 0) }],
  ).flat();
  return { path: `${module}.${isGateUp ? 'gate_up_proj' : 'down_proj'}`, rank, weights };
}

const FUSED_PARAMETER = /\.mlp\.experts\.(?:gate_up|down)_proj$/;

/** Finds the weight that a tensor replaces, or the weights of all experts of a layer. */
export function matchReplacement(
  path: string,
  tensor: string,
  shapes: TensorShapes,
  targets: ReadonlyMap<string, readonly number[]>,
  config: Qwen3MoeConfig,
): [name: string, change: WeightChange][] | Misfit {
  const got = shapes.get(tensor)!;
  const target = targets.get(path);
  if (target) {
    return unlike(tensor, got, target) ?? [[path, { type: 'replacement', tensor, firstElement: 0 }]];
  }
  const parts: [string, WeightChange][] = [];
  if (FUSED_PARAMETER.test(path)) {
    for (const [name, shape] of targets) {
      const slice = sliceOfFused(name, shape, config);
      if (slice?.tensor !== path) continue;
      parts.push([name, { type: 'replacement', tensor, firstElement: slice.firstElement }]);
    }
  }
  if (parts.length === 0) return { tensor, expected: 'a weight of the checkpoint', got: `no weight ${path}` };
  return unlike(tensor, got, fusedShape(path, config)) ?? parts;
}

/** A misfit unless the shapes are the same. */
export function unlike(tensor: string, got: readonly number[], expected: readonly number[]): Misfit | undefined {
  if (sameShape(got, expected)) return undefined;
  return { tensor, expected: `[${expected.join(', ')}]`, got: `[${got.join(', ')}]` };
}

import { inputError } from '../../errors.ts';
import type { Qwen3MoeConfig } from './model-config.ts';
import { sameShape } from './shape.ts';
import { HEAD, publishedWeights } from './weight-names.ts';

/** Where a published weight lies: a run of elements of a stored tensor. */
export interface WeightSlice {
  readonly tensor: string;
  readonly firstElement: number;
  readonly shape: readonly number[];
}

/**
 * Finds every weight that the configuration asks for among the stored tensors, under its published name or inside
 * a fused expert tensor, and leaves no stored tensor unexplained.
 * @param stored shapes by the names in the files
 * @param source what an error says it was reading
 * @throws FtLensError (input) when a weight is missing or has another shape, or a tensor is unknown
 */
export function locateWeights(
  stored: ReadonlyMap<string, readonly number[]>,
  config: Qwen3MoeConfig,
  source: string,
): Map<string, WeightSlice> {
  const slices = new Map<string, WeightSlice>();
  const missing: string[] = [];
  const used = new Set<string>();
  for (const [name, shape] of publishedWeights(config)) {
    const slice = stored.has(name) ? { tensor: name, firstElement: 0, shape } : sliceOfFused(name, shape, config);
    const got = slice && stored.get(slice.tensor);
    if (slice === undefined || got === undefined) {
      missing.push(name);
      continue;
    }
    if (!used.has(slice.tensor))
      checkStoredShape(slice.tensor, slice.tensor === name ? shape : fusedShape(slice.tensor, config), got, source);
    used.add(slice.tensor);
    slices.set(name, slice);
  }
  if (missing.length > 0) {
    throw inputError(`${countOf(missing.length, 'weight is', 'weights are')} missing from this checkpoint.`, {
      where: source,
      expected: `${missing[0]}, as config.json says`,
      got: `${stored.size} tensors without it`,
    });
  }
  refuseUnknown(
    [...stored.keys()].filter((name) => !used.has(name)),
    config,
    source,
  );
  return slices;
}

const EXPERT_WEIGHT = /^(model\.layers\.\d+\.mlp\.experts)\.(\d+)\.(gate|up|down)_proj\.weight$/;

/**
 * An expert's weight inside the tensors that transformers 5 keeps in memory:
 * gate_up_proj (expert, 2 * inner, hidden) with the gate's rows first, down_proj (expert, hidden, inner).
 * @returns undefined for a weight that is not an expert's
 */
export function sliceOfFused(
  name: string,
  shape: readonly number[],
  { hiddenSize, expertIntermediateSize: inner }: Qwen3MoeConfig,
): WeightSlice | undefined {
  const [, experts, number, projection] = EXPERT_WEIGHT.exec(name) ?? [];
  const expert = Number(number);
  const size = inner * hiddenSize;
  switch (projection) {
    case 'gate':
      return { tensor: `${experts}.gate_up_proj`, firstElement: 2 * expert * size, shape };
    case 'up':
      return { tensor: `${experts}.gate_up_proj`, firstElement: (2 * expert + 1) * size, shape };
    case 'down':
      return { tensor: `${experts}.down_proj`, firstElement: expert * size, shape };
    default:
      return undefined;
  }
}

export function fusedShape(tensor: string, config: Qwen3MoeConfig): readonly number[] {
  const { experts, hiddenSize, expertIntermediateSize: inner } = config;
  return tensor.endsWith('.gate_up_proj') ? [experts, 2 * inner, hiddenSize] : [experts, hiddenSize, inner];
}

function checkStoredShape(tensor: string, expected: readonly number[], got: readonly number[], source: string): void {
  if (sameShape(expected, got)) return;
  throw inputError('A tensor does not have the shape that config.json says.', {
    where: `${source}, tensor ${tensor}`,
    expected: `[${expected.join(', ')}]`,
    got: `[${got.join(', ')}]`,
  });
}

/** Older writers store the rotary frequencies, which follow from the configuration, and a copy of a tied head. */
function refuseUnknown(names: readonly string[], config: Qwen3MoeConfig, source: string): void {
  const unknown = names.filter(
    (name) => !name.endsWith('.rotary_emb.inv_freq') && !(name === HEAD && config.tiedEmbeddings),
  );
  if (unknown.length === 0) return;
  throw inputError(`${countOf(unknown.length, 'tensor has', 'tensors have')} no place in this model.`, {
    where: source,
    expected: 'the weights of a Qwen3-MoE model of the sizes in config.json',
    got: unknown.length === 1 ? unknown[0] : `${unknown[0]} first`,
  });
}

function countOf(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

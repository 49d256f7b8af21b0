import { readFileSync } from 'node:fs';

/** One array of a lens golden; test/golden/HOW.md names them and their axes. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

export interface GoldenPrompt {
  readonly name: 'fox' | 'bytes' | 'ids';
  /** null: the prompt is given as token ids */
  readonly text: string | null;
  readonly ids: readonly number[];
  /** where this prompt begins on the axis N */
  readonly offset: number;
  /** the positions whose states and attention were kept, in the order of the axis R */
  readonly statePositions: readonly number[];
  readonly models: Readonly<Record<string, GoldenPromptModel>>;
}

interface GoldenPromptModel {
  /** by position */
  readonly commitLayers: readonly number[];
  /** [token id, probability] of the ten likeliest next tokens, from the model's own logits */
  readonly finalTop: readonly (readonly [number, number])[];
  /** greedy continuation, end-of-text tokens suppressed */
  readonly generated: readonly number[];
  /** how far float32 alone moves the numbers; see test/golden/HOW.md */
  readonly float32Noise: { readonly probability: number; readonly divergence?: number };
  /** distance of the closest decision of this forward pass to a tie */
  readonly smallestMargins: { readonly top1Logit: number; readonly routerLogit: number };
}

export interface LensGolden {
  readonly checkpoint: string;
  readonly topK: number;
  readonly activeThreshold: number;
  readonly models: Readonly<Record<string, { readonly weightsSumOfSquares: number }>>;
  readonly prompts: readonly GoldenPrompt[];
  readonly tensors: ReadonlyMap<string, GoldenTensor>;
}

export function readLensGolden(checkpoint: string): LensGolden {
  const url = (extension: string) => new URL(`../golden/lens/${checkpoint}.${extension}`, import.meta.url);
  const described = JSON.parse(readFileSync(url('json'), 'utf8')) as Omit<LensGolden, 'tensors'>;
  return { ...described, tensors: readTensors(readFileSync(url('safetensors'))) };
}

/** The numbers of one row: `row(tensor, layer, position)` of a [layers, positions, width] tensor is its `width` numbers. */
export function goldenRow(tensor: GoldenTensor, ...indices: readonly number[]): Float32Array | Int32Array {
  const width = tensor.shape.slice(indices.length).reduce((product, size) => product * size, 1);
  const row = indices.reduce((flat, index, axis) => flat * (tensor.shape[axis] ?? 0) + index, 0);
  return tensor.data.subarray(row * width, (row + 1) * width);
}

function readTensors(file: Buffer): Map<string, GoldenTensor> {
  const headerBytes = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerBytes)) as Record<
    string,
    { dtype: 'F32' | 'I32'; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors = new Map<string, GoldenTensor>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
    const bytes = new Uint8Array(file.subarray(8 + headerBytes + offsets[0], 8 + headerBytes + offsets[1])).buffer;
    tensors.set(name, { shape, data: dtype === 'F32' ? new Float32Array(bytes) : new Int32Array(bytes) });
  }
  return tensors;
}

import { externalFiles } from '../../onnx/external-data.ts';
import { DataType } from '../../onnx/graph-builder.ts';
import { isExpertOperator } from '../anatomy/find-router.ts';
import type { OpenModel } from './open-model.ts';

/** Memory of a graphics card, in bytes. */
export interface GpuMemory {
  /** what the weights take */
  readonly weights: number;
  /** everything else at its most: CUDA's contexts, activations, scratch space */
  readonly working: number;
}

type SizedModel = Pick<OpenModel, 'model' | 'file' | 'anatomy'>;

/** Two processes with a context of CUDA each, 0.58 GB as measured on an H200, and what some hundred tokens take. */
const WORKING_BYTES = 2_000_000_000;

/** The head as it is stored, widened to f32, and the arena's reserve when it grows for that. */
const COPIES_OF_HEAD = 5;

/**
 * Memory that a card must have free for models that are read one after the other: that of the largest.
 * @param generate tokens to write, for which a whole model stays loaded
 */
export function gpuMemoryNeeded(
  models: readonly SizedModel[],
  { generate }: { readonly generate: number } = { generate: 0 },
): GpuMemory {
  return { weights: Math.max(...models.map((model) => weightsAtOnce(model, generate > 0))), working: WORKING_BYTES };
}

/**
 * To read, either the layers are on the card or the head, and never the embedding; to write, all of them are. Scales of
 * experts are stored in f32 and kept in f16.
 */
function weightsAtOnce({ model, file, anatomy }: SizedModel, writes: boolean): number {
  const sizes = new Map(externalFiles(model, file).flatMap(({ tensors }) => tensors.map((t) => [t.name, t.length])));
  const halved = new Set(model.graph.node.filter(isExpertOperator).flatMap(({ input }) => input));
  const apart = new Set([anatomy.embedding.weight, anatomy.head.weight]);
  let layers = 0;
  for (const { name, dataType } of model.graph.initializer) {
    const bytes = apart.has(name) ? 0 : (sizes.get(name) ?? 0);
    layers += halved.has(name) && dataType === DataType.FLOAT ? bytes / 2 : bytes;
  }
  const [embedding, head] = [anatomy.embedding.weight, anatomy.head.weight].map((name) => sizes.get(name) ?? 0) as [
    number,
    number,
  ];
  return writes ? layers + embedding + COPIES_OF_HEAD * head : Math.max(layers, COPIES_OF_HEAD * head);
}

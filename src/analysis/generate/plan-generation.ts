import { readEndOfText } from '../model/end-of-text.ts';
import type { Side } from '../progress.ts';
import type { SidedModel } from '../reading/read-backbones.ts';
import { cachedStates } from '../surgery/cached-decoder.ts';

/** What is known of a generation before a model runs. */
export interface GenerationPlan {
  /** tokens to write, at most */
  readonly length: number;
  /** ids of the tokens that end a text, by model */
  readonly endOfText: ReadonlyMap<Side, ReadonlySet<number>>;
}

/** @throws FtLensError (input) when a model has no cache that can be carried on, or does not say how its texts end */
export async function planGeneration(length: number, models: readonly SidedModel[]): Promise<GenerationPlan> {
  for (const { model } of models) cachedStates(model.model, model.anatomy, model.file);
  const endOfText = await Promise.all(
    models.map(async ({ side, model }) => [side, await readEndOfText(model.path)] as const),
  );
  return { length, endOfText: new Map(endOfText) };
}

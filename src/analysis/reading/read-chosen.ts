import type { Engine } from '../engine/engine.ts';
import type { ResidentTensor, SessionOptions } from '../engine/protocol.ts';
import { int64Tensor } from '../engine/tensors.ts';
import { CHOSEN, chosenTokensGraph } from '../lens/graphs/chosen-tokens.ts';
import type { ChosenToken } from '../lens/readings.ts';
import { chunksOf } from './chunks.ts';
import { finite } from './finite.ts';

/** A model's own logits // (P, V) f32 */
export interface OwnLogitsOf {
  readonly model: string;
  readonly logits: ResidentTensor;
}

/** A token at a position. */
export interface PlacedToken {
  readonly position: number;
  readonly id: number;
}

/**
 * What models make of given tokens, one for each row of their logits.
 * @returns by model, by row
 */
export async function readChosen(
  engine: Engine,
  models: readonly OwnLogitsOf[],
  tokens: readonly PlacedToken[],
  options: SessionOptions,
): Promise<ChosenToken[][]> {
  const [, vocabulary] = (models[0] as OwnLogitsOf).logits.dims as [number, number];
  // The logits lie in the memory of the CPU, and one row a position is little work.
  const session = await engine.createSession(chosenTokensGraph(vocabulary), 'the graph of chosen tokens', {
    ...options,
    onCpu: true,
  });
  const readings: ChosenToken[][] = [];
  for (const { model, logits } of models) {
    const reading: ChosenToken[] = [];
    for (const indices of chunksOf(tokens.length, 1, vocabulary)) {
      const chunk = indices.map((index) => tokens[index] as PlacedToken);
      const feeds = {
        [CHOSEN.logits]: { ...logits, pick: { axis: 0, indices } },
        [CHOSEN.tokens]: int64Tensor(chunk.map(({ id }) => id)),
      };
      const result = await session.run(feeds, { fetch: [CHOSEN.probabilities, CHOSEN.ranks] });
      const [probs, ranks] = [result.floats(CHOSEN.probabilities), result.integers(CHOSEN.ranks)];
      for (const [row, { position }] of chunk.entries())
        reading.push({
          prob: finite(probs[row], 'probability of a written token', { model, position }),
          rank: finite(ranks[row], 'rank of a written token', { model, position }),
        });
    }
    readings.push(reading);
  }
  await session.release();
  return readings;
}

import * as z from 'zod';
import { count, probability } from './scalars.ts';

/** In settings: which tokens a set holds. */
export const trackedSetSchema = z.strictObject({
  name: z.string().describe('as it was asked for'),
  tokens: z.array(z.strictObject({ id: count, text: z.string() })).describe('spellings of one word or several'),
});

/** In a row: what the tokens of a set have together. */
export const trackedSetRowSchema = z.strictObject({
  prob: probability.describe("sum over the set's tokens"),
  bestRank: z.int().positive().describe("of the set's most probable token among all tokens"),
  bestId: count.describe("the set's most probable token"),
});

export type TrackedSetReport = z.infer<typeof trackedSetSchema>;
export type TrackedSetRow = z.infer<typeof trackedSetRowSchema>;

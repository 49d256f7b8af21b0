import * as z from 'zod';
import { count, finite, jensenShannonNats, nats, probability } from './scalars.ts';

const block = z.int().positive();

export const expertLoadSchema = z.strictObject({
  layer: block,
  assignments: z.array(count).describe('how often each expert was chosen, by its number'),
  entropyNats: nats.describe('of the assignments as shares: ln experts when all are chosen equally often'),
});

const loadChangeSchema = z.strictObject({ expert: count, base: count, ft: count });

export const routingSummarySchema = z.strictObject({
  positions: z.array(count).describe('what was summed up: the positions read, 0 left out unless it is the only one'),
  layers: z.array(
    z.strictObject({
      layer: block,
      meanShared: finite.nonnegative().describe('experts that both models use for a token, mean over positions'),
      meanJaccard: probability.describe('of the two sets of experts used, mean over positions'),
      meanJsNats: jensenShannonNats.describe("over all experts' softmax, mean over positions"),
      entropyDeltaNats: finite.describe("entropy of the fine-tune's softmax less base's, mean over positions"),
      loadJsNats: jensenShannonNats.describe("between the two models' expertLoad as shares"),
      gained: z.array(loadChangeSchema).describe('experts that the fine-tune chooses more often, largest change first'),
      lost: z.array(loadChangeSchema).describe('experts that the fine-tune chooses less often, largest change first'),
    }),
  ),
  largestShifts: z.array(block).describe('layers with the largest meanJsNats, largest first; none where it is 0'),
});

export type ExpertLoadReport = z.infer<typeof expertLoadSchema>;
export type RoutingSummaryReport = z.infer<typeof routingSummarySchema>;

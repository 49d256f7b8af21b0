import * as z from 'zod';
import { count, jensenShannonNats, nats, probability } from './scalars.ts';

const attendedTokenSchema = z.strictObject({ position: count, id: count, text: z.string(), weight: probability });

/** What one position attends to in one layer. */
export const attentionSchema = z.strictObject({
  layer: z.int().positive(),
  queryPosition: count,
  top: z.array(attendedTokenSchema),
  weights: z.array(probability).describe('by key position, mean over heads'),
  entropyNats: nats.describe('entropy of weights'),
  heads: z.array(z.array(probability)).optional().describe('(head, key position), only with --heads'),
});

const sinkShare = probability.describe('weight on position 0, which most models use as a sink');

/** The same with what tells layers and heads apart. */
export const attentionLayerSchema = attentionSchema.extend({
  sinkShare,
  headStatistics: z
    .array(z.strictObject({ head: count, entropyNats: nats, sinkShare }))
    .optional()
    .describe('only with --heads'),
});

const headChange = { head: count, jsNats: jensenShannonNats };
const sinkShareDelta = z.number().min(-1.000_001).max(1.000_001).describe('fine-tune − base');

/** Two models' attention in one layer, from the same position. */
export const attentionLayerComparisonSchema = z.strictObject({
  layer: z.int().positive(),
  queryPosition: count,
  jsNats: jensenShannonNats.describe('between the means over heads'),
  sameTop1: z.boolean().describe('both attend most to the same position'),
  sinkShareDelta,
  meanHeadJsNats: jensenShannonNats
    .nullable()
    .describe('mean of the divergences of single heads: never less than jsNats, which misses what heads cancel out'),
  mostChangedHead: z.strictObject(headChange).nullable(),
  heads: z
    .array(z.strictObject({ ...headChange, sinkShareDelta }))
    .optional()
    .describe('only with --heads'),
});

export type AttentionReport = z.infer<typeof attentionSchema>;
export type AttentionLayerReport = z.infer<typeof attentionLayerSchema>;
export type AttentionLayerComparison = z.infer<typeof attentionLayerComparisonSchema>;

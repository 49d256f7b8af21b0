import * as z from 'zod';
import { expertLoadSchema, routingSummarySchema } from './routing.ts';
import { count, probability } from './scalars.ts';

const writtenTokenSchema = z.strictObject({
  prob: probability,
  rank: z.int().positive().describe('1 is the most probable token'),
});

const shiftsSchema = z
  .strictObject({
    unshifted: count.describe('rank 1'),
    marginal: count.describe('rank 2 or 3'),
    shifted: count.describe('rank above 3'),
  })
  .describe('tokens by their rank under the model that did not write them');

const writingTimeSchema = z.strictObject({ loadMs: z.number().nonnegative(), writeMs: z.number().nonnegative() });

/**
 * Greedy continuations of the prompt and what the models make of them. Positions go on where those of the prompt end.
 * @param position what is read of one model at a position
 * @param positionComparison what is read of two
 */
export function generationSchemaOf<Position extends z.ZodType, PositionComparison extends z.ZodType>(
  position: Position,
  positionComparison: PositionComparison,
) {
  const readModel = z.strictObject({
    positions: z.array(position).describe('the positions whose states chose the tokens, one before each of them'),
    expertLoad: z.array(expertLoadSchema).optional().describe('over these positions, as for the prompt'),
  });
  const continuation = z.strictObject({
    by: z.enum(['base', 'ft', 'both']).describe('who wrote it; both, when the two models write the same'),
    tokens: z.array(
      z.strictObject({
        position: count,
        id: count,
        text: z.string(),
        base: writtenTokenSchema.describe("by the base's own logits, after all tokens before this one"),
        ft: writtenTokenSchema.optional(),
      }),
    ),
    text: z.string(),
    stoppedBy: z
      .enum(['end-of-text', 'length', 'context'])
      .describe('the last token ends a text; as long as was asked for; the model reads no further'),
    shifts: shiftsSchema.optional().describe('only with two models'),
    models: z.strictObject({ base: readModel, ft: readModel.optional() }),
    comparison: z
      .strictObject({
        identical: z.boolean().describe('every state bit-identical'),
        positions: z.array(positionComparison),
        routing: routingSummarySchema.optional(),
      })
      .optional(),
  });
  return z.strictObject({
    requested: z.int().positive().describe('tokens asked for'),
    continuations: z.array(continuation).min(1).max(2).describe("one, or base's and the fine-tune's"),
    firstDifference: count.nullable().describe('index of the first token in which they differ; null when none does'),
    timing: z.strictObject({ base: writingTimeSchema, ft: writingTimeSchema.optional() }),
  });
}

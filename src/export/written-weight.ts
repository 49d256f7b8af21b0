import * as z from 'zod';
import { storedTensorSchema } from './folder/tensor-store.ts';

/**
 * One weight of the plan as it was written: its tensors, and what storing it cost. Plain data, so that a journal can
 * hold it; sums end with the weight, so that those read back give the same totals, bit for bit, as those just made.
 */
export const writtenWeightSchema = z.strictObject({
  /** In the order of the plan's tensors. */
  tensors: z.array(storedTensorSchema),
  /** One for each of the weight's sources, in order. */
  errors: z.array(
    z.strictObject({
      /** Σ (stored − original)² */
      errorSquares: z.number(),
      /** Σ original² */
      squares: z.number(),
    }),
  ),
  /** Over the sources that an adapter changes; absent when it changes none. */
  survival: z
    .strictObject({
      /** How many these are. */
      weights: z.int().positive(),
      /** Σ Δ² */
      made: z.number(),
      /** Σ (Q(W + Δ) − Q(W))² */
      stored: z.number(),
      /** Σ Δ · (Q(W + Δ) − Q(W)) */
      product: z.number(),
    })
    .optional(),
});

export type WrittenWeight = z.infer<typeof writtenWeightSchema>;
export type ErrorSums = WrittenWeight['errors'][number];
export type SurvivalSums = NonNullable<WrittenWeight['survival']>;

import * as z from 'zod';

/** The numbers that a report is made of. All are finite. */

export const count = z.int().nonnegative();
export const finite = z.number();
export const nats = z.number().nonnegative().describe('nats');
/** A sum of probabilities may lie a rounding error above 1. */
export const probability = z.number().min(0).max(1.000_001);
/** Jensen-Shannon divergence in nats: at most ln 2, which is written a digit too large */
export const jensenShannonNats = z.number().min(0).max(0.693_148);

/** The scales of the maps, each of nine steps; the style sheet has their colours for light and dark. */
export type Scale = 'value' | 'change' | 'signed';

export const STEPS = 9;

/** Step of a share in 0..1. */
export function stepOf(share: number): number {
  return Math.min(STEPS - 1, Math.max(0, Math.floor(share * STEPS)));
}

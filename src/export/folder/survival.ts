import type { AdapterSurvival } from './manifest.ts';

/**
 * How an adapter's change survives being stored, in two numbers. The change of the stored weights, c, is set against the
 * change that was meant, Δ (both over all weights of a kind):
 *
 *   c = kept · Δ + rest, where the rest is at right angles to Δ
 *   kept  = ⟨c, Δ⟩ / ⟨Δ, Δ⟩ = cosine · norm ratio: 1 when the change is stored whole, 0 when nothing of it is
 *   noise = ‖rest‖ / ‖Δ‖: rounding that stands beside the change, in sizes of the change
 *
 * Rounding moves a few weights by whole steps instead of all by a little, so a change far below the step is still kept
 * whole on average, under noise that is larger than itself. The cosine alone, kept / √(kept² + noise²), mixes the two.
 */
export interface Survival {
  readonly kept: number;
  readonly noise: number;
}

/** `under noise`: kept whole, with more noise than change. */
export type SurvivalWord = 'survives' | 'under noise' | 'partly' | 'mostly lost';

const WHOLE = 0.9;
const PART = 0.5;

/** @returns undefined when the adapter's change is zero */
export function survivalOf({ cosine, normRatio }: Pick<AdapterSurvival, 'cosine' | 'normRatio'>): Survival | undefined {
  if (cosine === null || normRatio === null) return undefined;
  const sine = Math.sqrt(Math.max(0, 1 - cosine * cosine));
  return { kept: cosine * normRatio, noise: sine * normRatio };
}

export function survivalWord({ kept, noise }: Survival): SurvivalWord {
  if (kept < PART) return 'mostly lost';
  if (kept < WHOLE) return 'partly';
  return noise < 1 ? 'survives' : 'under noise';
}

/**
 * The noise from which on a typical direction of the change no longer stands out of it. A change of rank r has r
 * directions of about ‖Δ‖ / √r each; the strongest direction of random noise in a matrix of n × n has
 * 2 · noise · ‖Δ‖ / √n (Bai and Yin's law), which is as much at noise = √(n / r) / 2.
 */
export function tolerableNoise(hiddenSize: number, rank: number): number {
  return Math.sqrt(hiddenSize / rank) / 2;
}

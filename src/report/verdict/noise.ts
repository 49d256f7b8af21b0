import { percent } from '../numbers.ts';
import type { Comparison, PartReport, Parts, PositionReport } from '../schema.ts';
import { type FloorContext, floorSentences } from './floor.ts';
import { listed, PART_NAMES, type Wording } from './words.ts';

/** f16 moves weights by a ten-thousandth. */
const NOTABLE_ROUNDING = 0.001;

/** What is noise: as the floor measured it, or as far as the manifests tell. Where all is rounding, nothing is left. */
export function noiseSentences(
  comparison: Comparison | undefined,
  floor: FloorContext | undefined,
  base: PositionReport,
  wording: Wording,
): string[] {
  if (floor !== undefined) return floorSentences(floor, base, wording);
  return onlyRounding(comparison) ? [] : [withoutFloor(comparison?.parts)];
}

/** The manifests say that both exports hold the same weights, stored in two ways. */
export function onlyRounding(comparison: Comparison | undefined): boolean {
  const parts = comparison?.parts;
  return parts?.known === false && parts.sameWeights === true;
}

/**
 * What is known of noise where none was measured: how far storing moved the weights themselves, as the manifests say. It
 * bounds nothing that the model computes.
 */
function withoutFloor(parts: Parts | undefined): string {
  const unmeasured = 'No noise floor was measured (--floor): small differences may be quantisation noise';
  const moved = (parts?.known ? parts.kinds : []).flatMap(({ kind, rounding }) => {
    const error = largest(rounding);
    return error < NOTABLE_ROUNDING ? [] : [`${percent(error)} (${PART_NAMES[kind]})`];
  });
  return moved.length === 0
    ? `${unmeasured}.`
    : `${unmeasured}; by the manifests, storing moved the weights by ${listed(moved)}.`;
}

function largest(rounding: PartReport['rounding']): number {
  return rounding === undefined ? 0 : Math.max(rounding.base, rounding.ft);
}

import type { Check } from '../../report/schema.ts';
import type { ModelReading } from '../lens/readings.ts';
import type { OpenModel } from '../model/open-model.ts';
import type { Side } from '../progress.ts';
import type { OwnLogits } from '../surgery/own-logits.ts';
import { checkLastRow, checkLastRowShape } from './head-checks.ts';
import { checkAttention, checkFinite, checkLayers, checkRouting } from './state-checks.ts';

/** How a model was read. */
export interface ReadingSettings {
  readonly norm: 'final' | 'none';
  readonly ownLogits: OwnLogits;
  /** layers whose attention was asked for */
  readonly attentionLayers: readonly number[];
}

/** Self-checks of one model. Whether it can be believed at all comes first. */
export function modelChecks(
  side: Side,
  { anatomy }: OpenModel,
  reading: ModelReading,
  { norm, ownLogits, attentionLayers }: ReadingSettings,
): Check[] {
  const hasRouters = anatomy.layers.some(({ router }) => router !== undefined);
  return [
    checkLastRow(side, reading, norm, ownLogits),
    checkLastRowShape(side, reading, anatomy.vocabularySize),
    checkLayers(side, anatomy),
    checkFinite(side),
    ...(hasRouters ? [checkRouting(side, reading)] : []),
    checkAttention(side, reading, attentionLayers),
  ];
}

import { percent } from '../numbers.ts';
import type { KnownParts, PartReport } from '../schema.ts';
import { listed, PART_NAMES, type Wording } from './words.ts';

/** A change of which this share is stored counts as whole. */
const WHOLE = 0.9;

/**
 * What became of the LoRA that was merged into the fine-tune: where it changes nothing, where nothing of it is stored,
 * where it is stored under more noise than change, and whether it may be in twice.
 */
export function loraSentences(parts: KnownParts, wording: Wording): string[] {
  return [...storedSentences(parts, wording), ...checkpointSentences(parts, wording)];
}

function storedSentences({ kinds, ftLora }: KnownParts, wording: Wording): string[] {
  if (ftLora === null) return [];
  const name = wording.plain(ftLora);
  const names = (parts: readonly PartReport[]): string => listed(parts.map(({ kind }) => PART_NAMES[kind]));
  const changed = kinds.filter(({ kind, lora }) => lora !== null && kind !== 'final-norm');
  const zero = changed.filter(({ lora }) => lora?.cosine === null);
  const lost = changed.filter(({ lora, differing }) => lora?.cosine !== null && differing === 0);
  const noisy = changed.filter(({ lora }) => (lora?.noise ?? 0) >= 1);
  const partly = changed.filter(({ lora, differing }) => (lora?.kept ?? 1) < WHOLE && differing > 0);
  const kept = partly.map(({ kind, lora }) => `${percent(Math.max(0, lora?.kept ?? 0))} (${PART_NAMES[kind]})`);
  const noise = noisy.map(({ kind, lora }) => `${lora?.noise?.toFixed(1)} (${PART_NAMES[kind]})`);
  return [
    ...(zero.length === 0 ? [] : [`For ${names(zero)}, ${name} holds a change of zero.`]),
    ...(lost.length === 0
      ? []
      : [`${name} changes ${names(lost)}, but not one tensor there differs: that change was lost in rounding.`]),
    ...(partly.length === 0 ? [] : [`Of the change of ${name}, storing kept ${listed(kept)}.`]),
    ...(noisy.length === 0
      ? []
      : [`The change of ${name} is stored under rounding noise of ${listed(noise)} times its size.`]),
  ];
}

function checkpointSentences({ sameCheckpoint, ftLora }: KnownParts, wording: Wording): string[] {
  if (sameCheckpoint) return [];
  const made = 'The two exports were made from different checkpoints';
  if (ftLora === null) return [`${made}.`];
  return [
    `${made}, and ${wording.plain(ftLora)} was merged on top: where that checkpoint held it already, it is in twice (ft-lens inspect --base --adapter tells).`,
  ];
}

import type { Report, TrackedSetReport } from '../../report/schema.ts';
import { shellWord } from '../../shell-word.ts';
import { visibleText } from '../token-text.ts';

/**
 * The call that makes this report again, as one line for a shell. A prompt that a shell line cannot show as it is, and
 * one that went through a chat template, is given as token ids: they are exact.
 */
export function commandOf({ prompt, settings, models, comparison, generation }: Report): string {
  const { base, ft } = models;
  const readable = !prompt.chat && /^[^-]/.test(prompt.text) && visibleText(prompt.text) === prompt.text;
  const tokenIds = prompt.tokens.map(({ id }) => id).join(',');
  return [
    'ft-lens analyze',
    readable ? shellWord(prompt.text) : `--token-ids ${tokenIds}`,
    `--base ${visibleText(shellWord(base.path))}`,
    ft === undefined ? '' : `--ft ${visibleText(shellWord(ft.path))}`,
    comparison?.floor === undefined ? '' : `--floor ${visibleText(shellWord(comparison.floor.path))}`,
    `--device ${settings.device} --positions ${positionsOf(settings.positions, prompt.tokens.length)}`,
    `--top-k ${settings.topK} --final-top ${settings.finalTop}`,
    `--norm ${settings.norm} --active-threshold ${settings.activeThreshold}`,
    ...settings.tracked.map(({ id }) => `--track '#${id}'`),
    ...(settings.trackedSets ?? []).map((set) => `--track ${setWord(set)}`),
    base.attention === null ? '' : `--attention-top ${Math.max(1, base.attention.top.length)}`,
    attentionLayersOf(base),
    base.attention?.heads === undefined ? '' : '--heads',
    comparison?.crossHead === undefined ? '' : '--cross-head',
    generation === undefined ? '' : `--generate ${generation.requested}`,
    '--format html -o report.html',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** A set by its name, which brings it back as it was; by its tokens where a shell line cannot show the name as it is. */
function setWord({ name, tokens }: TrackedSetReport): string {
  const readable = /^[^-]/.test(name) && visibleText(name) === name;
  return shellWord(readable ? name : tokens.map(({ id }) => `#${id}`).join(','));
}

/** The last layer alone needs no option. */
function attentionLayersOf({ attentionLayers = [], layers }: Report['models']['base']): string {
  const listed = attentionLayers.map(({ layer }) => layer);
  if (listed.every((layer) => layer === layers)) return '';
  return `--attention-layers ${listed.length === layers ? 'all' : listed.join(',')}`;
}

function positionsOf(positions: readonly number[], promptLength: number): string {
  if (positions.length === 1 && positions[0] === promptLength - 1) return 'last';
  return positions.length === promptLength ? 'all' : positions.join(',');
}

import type { Report } from '../../report/schema.ts';
import { shellWord } from '../../shell-word.ts';
import { visibleText } from '../token-text.ts';

/**
 * The call that makes this report again, as one line for a shell. A prompt that a shell line cannot show as it is, and
 * one that went through a chat template, is given as token ids: they are exact.
 */
export function commandOf({ prompt, settings, models }: Report): string {
  const { base, ft } = models;
  const readable = !prompt.chat && /^[^-]/.test(prompt.text) && visibleText(prompt.text) === prompt.text;
  const tokenIds = prompt.tokens.map(({ id }) => id).join(',');
  return [
    'ft-lens analyze',
    readable ? shellWord(prompt.text) : `--token-ids ${tokenIds}`,
    `--base ${visibleText(shellWord(base.path))}`,
    ft === undefined ? '' : `--ft ${visibleText(shellWord(ft.path))}`,
    `--device ${settings.device} --positions ${positionsOf(settings.positions, prompt.tokens.length)}`,
    `--top-k ${settings.topK} --final-top ${settings.finalTop}`,
    `--norm ${settings.norm} --active-threshold ${settings.activeThreshold}`,
    ...settings.tracked.map(({ id }) => `--track '#${id}'`),
    base.attention === null ? '' : `--attention-top ${Math.max(1, base.attention.top.length)}`,
    base.attention?.heads === undefined ? '' : '--heads',
    '--format html -o report.html',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function positionsOf(positions: readonly number[], promptLength: number): string {
  if (positions.length === 1 && positions[0] === promptLength - 1) return 'last';
  return positions.length === promptLength ? 'all' : positions.join(',');
}

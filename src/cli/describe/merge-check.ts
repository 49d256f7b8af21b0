import type { CheckedKind, MergeCheck, Miss } from '../../export/merge-check/merge-check.ts';
import { visibleText } from '../../render/token-text.ts';
import { columns } from '../columns.ts';
import { formatCount, formatPercent } from '../units.ts';
import { textOf } from './checkpoint.ts';
import { shortWeightName } from './export-summary.ts';

const SHOWN_MISSES = 5;

const GRADE_WORDS: Readonly<Record<CheckedKind['grade'], string>> = {
  merged: 'merged',
  missing: 'MISSING',
  scaled: 'WRONG SIZE',
  partly: 'IN PART',
  unclear: 'unclear',
  zero: 'no change',
};

/** Whether a LoRA was merged, as text for people: aligned lines that end in a newline. */
export function mergeCheckText(check: MergeCheck): string {
  const facts = [
    ['fine-tune', visibleText(check.ft)],
    ['base', visibleText(check.base)],
    ['LoRA', visibleText(check.adapter)],
  ];
  const header = ['LoRA change', 'weights', 'found', 'noise', 'changed', 'verdict'];
  return textOf([
    ...columns(facts, ['left', 'left']),
    '',
    ...columns([header, ...check.kinds.map(kindRow)], ['left', 'right', 'left', 'right', 'right', 'left']),
    "found: how much of the LoRA's change is there, 1 for merged once; ± its standard error",
    ...missLines(check.misses),
    '',
    ...sentences(check).map((sentence, i) => `${(i === 0 ? 'verdict' : '').padEnd(9)}${sentence}`),
  ]);
}

function kindRow({ kind, weights, noise, changedShare, grade, ...change }: CheckedKind): string[] {
  return [
    kind,
    formatCount(weights.all),
    sizeOf(change),
    noise === null ? '' : noise.toFixed(2),
    formatPercent(changedShare),
    GRADE_WORDS[grade],
  ];
}

/** `1.00 ± 0.01`: in sizes of the LoRA's own change, with its standard error. */
function sizeOf({ kept, standardError }: Pick<CheckedKind, 'kept' | 'standardError'>): string {
  if (kept === null || standardError === null) return '';
  return `${withoutMinusZero(kept.toFixed(2))} ± ${standardError.toFixed(2)}`;
}

function withoutMinusZero(digits: string): string {
  return /^-0\.0*$/.test(digits) ? digits.slice(1) : digits;
}

function missLines(misses: readonly Miss[]): string[] {
  if (misses.length === 0) return [];
  const rows = misses
    .slice(0, SHOWN_MISSES)
    .map(({ weight, grade, ...change }) => [shortWeightName(weight), sizeOf(change), GRADE_WORDS[grade]]);
  const rest = misses.length - rows.length;
  return [
    '',
    ...columns([['furthest off', 'found', ''], ...rows], ['left', 'left', 'left']),
    ...(rest > 0 ? [`and ${formatCount(rest)} more: --json lists them all`] : []),
  ];
}

const KIND_NAMES: Readonly<Record<CheckedKind['kind'], string>> = {
  attention: 'attention',
  experts: 'the experts',
  router: 'the router',
  embedding: 'the embedding',
  head: 'the head',
  norm: 'the norms',
};

function sentences(check: MergeCheck): string[] {
  return [
    headline(check),
    ...check.kinds.filter(({ grade }) => grade !== 'merged').map((kind) => kindSentence(kind, check)),
    ...(check.otherChanges ?? []).map(
      ({ kind, weights, differing }) =>
        `Besides, in ${KIND_NAMES[kind]} ${formatCount(differing)} of ${formatCount(weights)} weights differ that the LoRA does not name: another base, or more was trained.`,
    ),
  ];
}

function headline({ passed, kinds }: MergeCheck): string {
  const grades = new Set(kinds.map(({ grade }) => grade));
  if (passed) return 'The merge took effect: all that the LoRA changes holds its change, once.';
  if (grades.size === 1 && grades.has('zero'))
    return 'There was nothing to merge: the LoRA changes no weight, as before its training.';
  if (grades.has('missing') || grades.has('scaled') || grades.has('partly'))
    return 'The fine-tune is not its base with this LoRA merged in once.';
  return 'Whether the merge took effect cannot be told.';
}

function kindSentence(checked: CheckedKind, { allRows }: MergeCheck): string {
  const { grade, noise } = checked;
  const where = KIND_NAMES[checked.kind];
  const kept = checked.kept ?? 0;
  switch (grade) {
    case 'missing':
      return `Nothing of its change is in ${where}.`;
    case 'scaled':
      return `In ${where} its change is there ${kept.toFixed(2)} times: ${sizeWords(kept)}.`;
    case 'partly':
      return `In ${where} ${countWords(checked)}.`;
    case 'unclear':
      return `In ${where} its change cannot be told from rounding, which is ${(noise ?? 0).toFixed(1)} times as large: ${allRows ? 'check the checkpoints, or exports of 8 bits' : '--all-rows reads more of it'}.`;
    default:
      return `In ${where} it changes nothing: its factors multiply to zero.`;
  }
}

/** `57 of 60 weights lack its change, 3 hold it` */
function countWords({ weights }: CheckedKind): string {
  const counts: [count: number, what: string][] = [
    [weights.merged, 'hold its change'],
    [weights.missing, 'lack it'],
    [weights.scaled, 'hold another size of it'],
    [weights.unclear, 'are unclear'],
    [weights.zero, 'have none'],
  ];
  const words = counts.filter(([count]) => count > 0).map(([count, what]) => `${formatCount(count)} ${what}`);
  return `of ${formatCount(weights.all)} weights ${words.join(', ')}`;
}

/** What may stand behind a change of another size than the LoRA's. */
function sizeWords(kept: number): string {
  if (Math.abs(kept - 2) < 0.1) return 'merged twice, or with twice the alpha';
  if (kept < 0) return 'subtracted, or another LoRA was merged';
  return 'merged with another alpha, or another LoRA was';
}

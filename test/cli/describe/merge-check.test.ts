import { describe, expect, test } from 'vitest';
import { mergeCheckText } from '../../../src/cli/describe/merge-check.ts';
import type { CheckedKind, MergeCheck } from '../../../src/export/merge-check/merge-check.ts';

function kind(grade: CheckedKind['grade'], kept: number | null, rest: Partial<CheckedKind> = {}): CheckedKind {
  const noise = kept === null ? null : 1.94;
  const weights = { all: 1536, merged: 0, missing: 0, scaled: 0, unclear: 0, zero: 0 };
  const standardError = kept === null ? null : 0.008;
  return { kind: 'experts', grade, weights, kept, standardError, noise, changedShare: 0.87, layers: [], ...rest };
}

function check(kinds: CheckedKind[], rest: Partial<MergeCheck> = {}): MergeCheck {
  return {
    type: 'merge-check',
    base: '/m/base',
    ft: '/m/ft',
    adapter: '/m/lora',
    passed: kinds.every(({ grade }) => grade === 'merged'),
    allRows: false,
    kinds,
    misses: [],
    otherChanges: [],
    ...rest,
  };
}

const verdict = (merge: MergeCheck): string[] => {
  const lines = mergeCheckText(merge).trimEnd().split('\n');
  return lines.slice(lines.findIndex((line) => line.startsWith('verdict'))).map((line) => line.slice(9));
};

describe('mergeCheckText', () => {
  test('shows what is found of the change in every part', () => {
    expect(mergeCheckText(check([kind('merged', 0.9991), kind('merged', -0.001, { kind: 'attention' })]))).toBe(
      [
        'fine-tune  /m/ft',
        'base       /m/base',
        'LoRA       /m/lora',
        '',
        'LoRA change  weights  found        noise  changed  verdict',
        'experts        1,536  1.00 ± 0.01   1.94   87.0 %  merged',
        'attention      1,536  0.00 ± 0.01   1.94   87.0 %  merged',
        "found: how much of the LoRA's change is there, 1 for merged once; ± its standard error",
        '',
        'verdict  The merge took effect: all that the LoRA changes holds its change, once.',
        '',
      ].join('\n'),
    );
  });

  test.each([
    ['missing', 0, 'Nothing of its change is in the experts.'],
    ['scaled', 2.02, 'In the experts its change is there 2.02 times: merged twice, or with twice the alpha.'],
    ['scaled', 0.5, 'In the experts its change is there 0.50 times: merged with another alpha, or another LoRA was.'],
    ['scaled', -1, 'In the experts its change is there -1.00 times: subtracted, or another LoRA was merged.'],
  ] as const)('%s %d', (grade, kept, sentence) => {
    expect(verdict(check([kind(grade, kept)]))).toEqual([
      'The fine-tune is not its base with this LoRA merged in once.',
      sentence,
    ]);
  });

  test('counts the weights where only some hold the change, and names the furthest off', () => {
    const weights = { all: 60, merged: 3, missing: 57, scaled: 0, unclear: 0, zero: 0 };
    const misses = Array.from({ length: 57 }, (_, i) => ({
      weight: `model.layers.${i}.mlp.experts.1.up_proj.weight`,
      grade: 'missing' as const,
      kept: 0,
      standardError: 0.02,
      noise: 0.1,
    }));
    const merge = check([kind('partly', 0.05, { weights })], { misses });
    expect(verdict(merge)[1]).toBe('In the experts of 60 weights 3 hold its change, 57 lack it.');
    expect(mergeCheckText(merge)).toContain(
      ['furthest off              found', 'L-1 mlp.experts.1.up_proj  0.00 ± 0.02  MISSING']
        .join('\n')
        .replace('furthest off              found', 'furthest off               found'),
    );
    expect(mergeCheckText(merge)).toContain('and 52 more: --json lists them all\n');
  });

  test('says what cannot be told, and what would help', () => {
    expect(verdict(check([kind('unclear', 1)]))).toEqual([
      'Whether the merge took effect cannot be told.',
      'In the experts its change cannot be told from rounding, which is 1.9 times as large: --all-rows reads more of it.',
    ]);
    expect(verdict(check([kind('unclear', 1)], { allRows: true }))[1]).toContain('exports of 8 bits');
  });

  test('says that there was nothing to merge', () => {
    expect(verdict(check([kind('zero', null)]))).toEqual([
      'There was nothing to merge: the LoRA changes no weight, as before its training.',
      'In the experts it changes nothing: its factors multiply to zero.',
    ]);
  });

  test('tells of weights that differ besides', () => {
    const otherChanges = [{ kind: 'router', weights: 48, differing: 2 }] as const;
    expect(verdict(check([kind('merged', 1)], { otherChanges }))[1]).toBe(
      'Besides, in the router 2 of 48 weights differ that the LoRA does not name: another base, or more was trained.',
    );
  });

  test('writes hostile names visibly', () => {
    expect(mergeCheckText(check([kind('merged', 1)], { ft: '/m/\u001b[31m' }))).not.toContain('\u001b');
  });
});

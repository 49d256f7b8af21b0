import { expect, it } from 'vitest';
import { gradeOf } from '../../../src/export/merge-check/grade.ts';

it.each([
  [1, 0, 'merged'],
  [1.04, 0, 'merged'],
  [0.9, 0, 'scaled'],
  [0.9, 0.03, 'merged'],
  [0, 0, 'missing'],
  [-0.04, 0.01, 'missing'],
  [2, 0.01, 'scaled'],
  [0.5, 0.01, 'scaled'],
  [-1, 0.01, 'scaled'],
  // So much rounding that 0 and 1 cannot be told apart.
  [1, 0.12, 'unclear'],
  [0, 5, 'unclear'],
] as const)('kept %d ± %d is %s', (kept, standardError, grade) => {
  expect(gradeOf({ kept, standardError, noise: 1 })).toBe(grade);
});

it('has a word for no change at all', () => {
  expect(gradeOf(undefined)).toBe('zero');
});

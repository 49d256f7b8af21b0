import { expect, it } from 'vitest';
import { median } from '../../../scripts/bench/median.ts';

it('takes the middle value, or the mean of the two in the middle', () => {
  expect(median([5, 1, 100])).toBe(5);
  expect(median([4, 1, 100, 2])).toBe(3);
  expect(median([])).toBeNaN();
});

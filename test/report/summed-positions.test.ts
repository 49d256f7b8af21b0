import { expect, it } from 'vitest';
import { summedPositions } from '../../src/report/summed-positions.ts';

it.each([
  [[0, 1, 2, 3], 'positions 1 to 3 (without 0, the usual attention sink)'],
  [[3, 9], 'positions 3 and 9'],
  [[0, 9], 'position 9 (without 0, the usual attention sink)'],
  [[0], 'position 0'],
  [[2, 3, 4, 7, 9, 10], 'positions 2 to 4, 7 and 9 to 10'],
  [[1, 3, 5, 7, 9], '5 positions'],
])('%j are %j', (read, words) => expect(summedPositions(read)).toBe(words));

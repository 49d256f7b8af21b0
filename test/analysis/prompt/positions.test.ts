import { describe, expect, it } from 'vitest';
import { wantedPositions } from '../../../src/analysis/prompt/positions.ts';

describe('wantedPositions', () => {
  it.each([
    ['last' as const, [4]],
    ['all' as const, [0, 1, 2, 3, 4]],
    [
      [-1, 0, 2, 4, -3],
      [0, 2, 4],
    ],
  ])('reads %j of five tokens as %j', (positions, expected) => {
    expect(wantedPositions(positions, 5)).toEqual(expected);
  });

  it.each([[[5]], [[-6]], [[1.5]]])('refuses %j of five tokens', (positions) => {
    expect(() => wantedPositions(positions, 5)).toThrow(
      expect.objectContaining({ kind: 'usage', where: '--positions', got: String(positions[0]) }),
    );
  });

  it('refuses an empty list', () => {
    expect(() => wantedPositions([], 5)).toThrow('no position');
  });
});

import { describe, expect, it } from 'vitest';
import type { ModelReading, PositionReading } from '../../src/analysis/lens/readings.ts';
import { route } from '../../src/analysis/lens/routing.ts';
import { buildExpertLoad, buildRoutingSummary } from '../../src/report/build-routing.ts';

/** A model with experts in blocks 1 and 3, read at these positions; the logits are by position, then block. */
function reading(logits: Readonly<Record<number, readonly [number[], number[]]>>): ModelReading {
  const positions = Object.entries(logits).map(([position, [first, third]]): PositionReading => ({
    position: Number(position),
    rows: [],
    final: { ids: [], probs: [] },
    headDifference: 0,
    routing: new Map([
      [1, route(first, 1)],
      [3, route(third, 1)],
    ]),
  }));
  return { positions, attention: undefined, attentionLayers: [] };
}

const [left, right] = [
  [9, 0],
  [0, 9],
];
const base = reading({ 0: [left, right], 1: [left, left], 2: [left, right] });
const ft = reading({ 0: [right, right], 1: [left, right], 2: [left, right] });

describe('buildExpertLoad', () => {
  it('counts every block over all positions but the first', () => {
    expect(buildExpertLoad(base)).toEqual([
      { layer: 1, assignments: [2, 0], entropyNats: 0 },
      { layer: 3, assignments: [1, 1], entropyNats: expect.closeTo(Math.LN2, 12) },
    ]);
  });

  it('is not there for one position, nor for a model without experts', () => {
    expect(buildExpertLoad(reading({ 4: [left, right] }))).toBeUndefined();
    const dense = { ...base, positions: base.positions.map((position) => ({ ...position, routing: new Map() })) };
    expect(buildExpertLoad(dense)).toBeUndefined();
    expect(buildRoutingSummary(dense, dense)).toBeUndefined();
  });
});

describe('buildRoutingSummary', () => {
  it('says what was summed up, and names only layers that moved', () => {
    const summary = buildRoutingSummary(base, ft);
    expect(summary?.positions).toEqual([1, 2]);
    expect(summary?.largestShifts).toEqual([3]);
    expect(summary?.layers).toMatchObject([
      {
        layer: 1,
        meanShared: 1,
        meanJaccard: 1,
        meanJsNats: 0,
        entropyDeltaNats: 0,
        loadJsNats: 0,
        gained: [],
        lost: [],
      },
      {
        layer: 3,
        meanShared: 0.5,
        meanJaccard: 0.5,
        gained: [{ expert: 1, base: 1, ft: 2 }],
        lost: [{ expert: 0, base: 1, ft: 0 }],
      },
    ]);
  });

  it('orders the largest shifts, four at most', () => {
    const models = [1, 2, 3, 4, 5, 6].map((shift) => [route([0, 0], 1), route([shift, 0], 1)] as const);
    const many = (side: 0 | 1): ModelReading => ({
      positions: [1, 2].map((position) => ({
        position,
        rows: [],
        final: { ids: [], probs: [] },
        headDifference: 0,
        routing: new Map(models.map((pair, index) => [index + 1, pair[side]])),
      })),
      attention: undefined,
      attentionLayers: [],
    });
    expect(buildRoutingSummary(many(0), many(1))?.largestShifts).toEqual([6, 5, 4, 3]);
    expect(buildRoutingSummary(many(1), many(1))?.largestShifts).toEqual([]);
  });
});

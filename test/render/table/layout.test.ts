import { describe, expect, it } from 'vitest';
import { layoutFor } from '../../../src/render/table/layout.ts';

const PAIR = { pair: true, routed: true, floor: false, others: true, longestToken: 14, longestOthers: 40 };

describe('layoutFor', () => {
  it.each([
    [80, 25, 12, 16, 'none', 0],
    [99, 34, 21, 16, 'none', 0],
    [100, 30, 13, 26, 'tokens', 0],
    [120, 40, 23, 26, 'percent', 0],
    [159, 59, 42, 26, 'percent', 0],
    [160, 60, 15, 26, 'none', 25],
  ])('at %i columns: groups of %i, token %i, differences %i', (width, group, token, change, second, top) => {
    const layout = layoutFor(width, PAIR);
    expect(layout.group).toMatchObject({ width: group, token, second, top });
    expect(layout.change?.width).toBe(change);
  });

  it.each([60, 67, 68, 79])('has at least 6 columns for a token at %i', (width) => {
    expect(layoutFor(width, PAIR)).toMatchObject({ stacked: false });
    expect(layoutFor(width, PAIR).group.token).toBeGreaterThanOrEqual(6);
  });

  it('puts one model below the other under 60 columns', () => {
    expect(layoutFor(59, PAIR).stacked).toBe(true);
    expect(layoutFor(40, PAIR).group.token).toBeGreaterThanOrEqual(6);
  });

  it('grows to its content without a width, but not without end', () => {
    expect(layoutFor(Infinity, { ...PAIR, longestToken: 30 }).group).toMatchObject({ token: 30, top: 40 });
    expect(layoutFor(Infinity, { ...PAIR, longestToken: 300 }).group.token).toBe(48);
    expect(layoutFor(Infinity, { ...PAIR, others: false }).group).toMatchObject({ top: 0, second: 'none' });
  });

  it('shows no experts where nothing is routed', () => {
    expect(layoutFor(100, { ...PAIR, routed: false }).change).toMatchObject({ experts: false, width: 22 });
  });

  it('shows the divergence of a noise floor from 160 columns on', () => {
    expect(layoutFor(159, { ...PAIR, floor: true }).change).toMatchObject({ floor: false, width: 26 });
    expect(layoutFor(160, { ...PAIR, floor: true }).change).toMatchObject({ floor: true, width: 33 });
    expect(layoutFor(Infinity, { ...PAIR, floor: true }).change).toMatchObject({ floor: true, width: 33 });
    expect(layoutFor(160, PAIR).change).toMatchObject({ floor: false });
  });

  it('gives a single model the row with all columns early', () => {
    expect(layoutFor(80, { ...PAIR, pair: false })).toMatchObject({
      change: null,
      group: { entropyDigits: 4, active: true },
    });
  });
});

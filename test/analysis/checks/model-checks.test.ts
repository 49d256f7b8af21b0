import { describe, expect, it } from 'vitest';
import { checkLastRow, checkLastRowShape } from '../../../src/analysis/checks/head-checks.ts';
import { checkAttention, checkRouting } from '../../../src/analysis/checks/state-checks.ts';
import { attentionOf } from '../../../src/analysis/lens/attention.ts';
import type { ModelReading, PositionReading, RowReading } from '../../../src/analysis/lens/readings.ts';
import { route } from '../../../src/analysis/lens/routing.ts';

const row: RowReading = {
  topIds: [0],
  topProbs: [0.5],
  entropy: 1,
  active: 1,
  klToFinal: 0,
  finalProb: 0.5,
  finalRank: 1,
  tracked: [],
  trackedSets: [],
  residualNorm: 1,
};

function reading(position: Partial<PositionReading> = {}, lastRow: Partial<RowReading> = {}): ModelReading {
  const rows = [row, { ...row, ...lastRow }];
  const final = { ids: [0], probs: [0.5] };
  const usual = { position: 0, rows, final, headDifference: 0, routing: new Map([[1, route([1, 2, 3], 2)]]) };
  return { positions: [{ ...usual, ...position }], attention: undefined, attentionLayers: [] };
}

describe('the last row', () => {
  it('is held against the output of the model', () => {
    expect(checkLastRow('base', reading({ headDifference: 9e-5 }), 'final', 'untouched')).toMatchObject({
      status: 'pass',
    });
    expect(checkLastRow('base', reading({ headDifference: 2e-4 }), 'final', 'untouched')).toMatchObject({
      status: 'fail',
      value: 2e-4,
    });
  });

  it('names the missing norm as the reason', () => {
    expect(checkLastRow('ft', reading({ headDifference: 0.3 }), 'none', 'untouched').message).toContain('--norm none');
    expect(checkLastRow('ft', reading({ headDifference: 0.3 }), 'final', 'untouched').message).not.toContain(
      '--norm none',
    );
  });

  it('says when the output is had from a copy of norm and head', () => {
    expect(checkLastRow('base', reading(), 'final', 'untouched').message).not.toContain('copy');
    expect(checkLastRow('base', reading(), 'final', 'picked rows').message).toContain('copy');
  });

  it('must not be uniform or zero', () => {
    expect(checkLastRowShape('base', reading(), 1000)).toMatchObject({ status: 'pass', value: Math.log(1000) - 1 });
    expect(checkLastRowShape('base', reading({}, { entropy: Math.log(1000) }), 1000)).toMatchObject({
      status: 'fail',
      value: 0,
    });
    expect(checkLastRowShape('base', reading({}, { residualNorm: 0 }), 1000).message).toContain('all zeros');
  });
});

describe('routing', () => {
  it('passes when every router prefers some experts', () => {
    expect(checkRouting('base', reading()).status).toBe('pass');
  });

  it('fails for a router that finds all experts equal, and names its layer', () => {
    const routing = new Map([
      [1, route([1, 2, 3], 2)],
      [2, route([0, 0, 0], 2)],
    ]);
    const check = checkRouting('base', reading({ routing }));
    expect(check.status).toBe('fail');
    expect(check.message).toContain('layer 2');
  });
});

describe('attention', () => {
  const attended = (...weights: number[]) => ({
    ...reading(),
    attention: { layer: 1, queryPosition: 1, attention: attentionOf(Float32Array.from(weights), 1, 2, 1) },
  });

  it('passes when every head sums to 1', () => {
    expect(checkAttention('base', attended(0.25, 0.75), []).status).toBe('pass');
    expect(checkAttention('base', attended(0.25, 0.5), [])).toMatchObject({ status: 'fail', value: 0.25 });
  });

  it('fails for any of the layers asked for', () => {
    const off = { layer: 7, queryPosition: 1, attention: attentionOf(Float32Array.of(0.25, 0.5), 1, 2, 1) };
    const read = { ...attended(0.25, 0.75), attentionLayers: [off] };
    expect(checkAttention('base', read, [7])).toMatchObject({ status: 'fail', value: 0.25 });
  });

  it('warns when there is none, and names the layers asked for that give none', () => {
    expect(checkAttention('base', reading(), []).status).toBe('warn');
    expect(checkAttention('base', reading(), []).message).toMatch(/^The last layer gives no attention weights/);
    const check = checkAttention('base', attended(0.25, 0.75), [1, 3, 4]);
    expect(check).toMatchObject({ status: 'warn', message: expect.stringMatching(/^Layers 3, 4 give no/) as string });
    expect(checkAttention('base', attended(0.25, 0.75), [3]).message).toMatch(/^Layer 3 gives no/);
  });
});

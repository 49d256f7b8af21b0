import { describe, expect, it } from 'vitest';
import { attentionOf } from '../../src/analysis/lens/attention.ts';
import type {
  ModelReading,
  PairPositionReading,
  PairRowReading,
  RowReading,
} from '../../src/analysis/lens/readings.ts';
import { route } from '../../src/analysis/lens/routing.ts';
import { buildComparison } from '../../src/report/build-comparison.ts';
import { buildModelReport } from '../../src/report/build-model.ts';

function row(topIds: number[]): RowReading {
  return {
    topIds,
    topProbs: topIds.map((_, i) => 0.5 / (i + 1)),
    entropy: 1,
    active: 2,
    klToFinal: 0.5,
    finalProb: 0.1,
    finalRank: 3,
    tracked: [{ prob: 0.01, rank: 40 }],
    trackedSets: [{ prob: 0.02, bestRank: 7, bestId: 6 }],
    residualNorm: 12,
  };
}

/** A model of two layers, read at one position. */
function reading(tops: number[][], finalIds: number[], routerLogits: number[]): ModelReading {
  return {
    positions: [
      {
        position: 1,
        rows: tops.map(row),
        final: { ids: finalIds, probs: finalIds.map(() => 0.25) },
        headDifference: 0,
        routing: new Map([[2, route(routerLogits, 2)]]),
      },
    ],
    attention: { layer: 2, queryPosition: 1, attention: attentionOf(Float32Array.of(0.25, 0.75), 1, 2, 1) },
    attentionLayers: [],
  };
}

const base = reading(
  [
    [1, 2],
    [5, 2],
    [5, 3],
  ],
  [5, 3],
  [3, 2, 1],
);
const ft = reading(
  [
    [1, 2],
    [7, 2],
    [5, 4],
  ],
  [5, 4],
  [3, 1, 2],
);

describe('buildModelReport', () => {
  const facts = {
    path: './m',
    name: 'm',
    architecture: 'qwen3_moe',
    layers: 2,
    hiddenSize: 4,
    vocabSize: 10,
    experts: 3,
    expertsPerToken: 2,
    recipe: 'f32',
  };
  const context = {
    tokenText: (id: number) => `t${id}`,
    promptIds: [8, 9],
    tracked: [6],
    attentionTop: 1,
    heads: false,
  };
  const timing = { loadMs: 1, forwardMs: 2, lensMs: 3 };

  it('names tokens, layers and attended positions', () => {
    const report = buildModelReport(facts, base, timing, context);
    expect(report.positions[0]).toMatchObject({ position: 1, commitLayer: 1, routing: [{ layer: 2 }] });
    expect(report.positions[0]?.layers[1]).toMatchObject({
      layer: 1,
      top: [
        { id: 5, text: 't5', prob: 0.5 },
        { id: 2, text: 't2', prob: 0.25 },
      ],
      tracked: [{ id: 6, text: 't6', prob: 0.01, rank: 40 }],
      trackedSets: [{ prob: 0.02, bestRank: 7, bestId: 6 }],
      finalToken: { prob: 0.1, rank: 3 },
    });
    expect(report.attention).toEqual({
      layer: 2,
      queryPosition: 1,
      top: [{ position: 1, id: 9, text: 't9', weight: 0.75 }],
      weights: [0.25, 0.75],
      entropyNats: expect.closeTo(0.5623, 4),
    });
  });

  it('lists heads when asked to, and null for a model without attention weights', () => {
    expect(buildModelReport(facts, base, timing, { ...context, heads: true }).attention?.heads).toEqual([[0.25, 0.75]]);
    expect(buildModelReport(facts, { ...base, attention: undefined }, timing, context).attention).toBeNull();
  });
});

describe('buildComparison', () => {
  const pairRow = (sameResidual: boolean): PairRowReading => ({
    klFtBase: 0.1,
    klBaseFt: 0.2,
    js: 0.05,
    baseTopRankInFt: 2,
    ftTopRankInBase: 3,
    residualCosine: 0.9,
    residualRelativeL2: 0.4,
    sameResidual,
  });
  const pair = (same: boolean[], sameOwnLogits: boolean): PairPositionReading[] => [
    { position: 1, rows: same.map(pairRow), sameOwnLogits },
  ];

  it('finds the first layers that differ in state and in prediction', () => {
    const comparison = buildComparison(base, ft, pair([true, false, false], false));
    expect(comparison.identical).toBe(false);
    expect(comparison.positions[0]).toMatchObject({ firstDivergentLayer: 1, firstTop1ChangeLayer: 1 });
    const [embedding, first, second] = comparison.positions[0]?.layers ?? [];
    expect([embedding?.sameTop1, first?.sameTop1, second?.sameTop1]).toEqual([true, false, true]);
    expect([embedding?.topKJaccard, first?.topKJaccard]).toEqual([1, 1 / 3]);
    expect(first?.routing).toBeNull();
    expect(second?.routing).toMatchObject({ jaccard: 1 / 3, gained: [2], lost: [1] });
  });

  it('calls two models identical only when every state and the output are', () => {
    expect(buildComparison(base, base, pair([true, true, true], true)).identical).toBe(true);
    expect(buildComparison(base, base, pair([true, true, true], false)).identical).toBe(false);
    expect(buildComparison(base, base, pair([true, true, false], true)).identical).toBe(false);
  });

  it('compares no attention that a model does not give', () => {
    expect(buildComparison(base, { ...ft, attention: undefined }, pair([true], true)).attention).toBeNull();
  });
});

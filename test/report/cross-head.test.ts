import { describe, expect, it } from 'vitest';
import type { CrossHeadReading } from '../../src/analysis/lens/cross-head.ts';
import type { ModelReading, RowReading } from '../../src/analysis/lens/readings.ts';
import { buildCrossHead } from '../../src/report/build-cross-head.ts';
import { crossHeadSentence } from '../../src/report/cross-head-words.ts';
import { type CrossHeadLayer, crossHeadSchema } from '../../src/report/schema/cross-head.ts';

const row = (topIds: number[], entropy: number): RowReading => ({
  topIds,
  topProbs: topIds.map(() => 0.25),
  entropy,
  active: 1,
  klToFinal: 0,
  finalProb: 0.5,
  finalRank: 1,
  tracked: [],
  trackedSets: [],
  residualNorm: 1,
});

const model = (...rows: RowReading[]): ModelReading => ({
  positions: [{ position: 4, rows, final: { ids: [], probs: [] }, headDifference: 0, routing: new Map() }],
  attention: undefined,
  attentionLayers: [],
});

const crossed: CrossHeadReading = {
  sameHead: false,
  positions: [
    {
      position: 4,
      ftByBase: [row([1, 2], 1.5), row([7, 8], 2.5)],
      baseByFt: [row([1, 3], 1.25), row([5, 6], 2.25)],
      statesByBase: [0, 0.3],
      statesByFt: [0, 0.1],
      headsOnBase: [0.01, 0.02],
      headsOnFt: [0.01, 0.04],
    },
  ],
};

describe('buildCrossHead', () => {
  const base = model(row([1, 2], 1), row([5, 6], 2));
  const ft = model(row([1, 2], 1), row([5, 9], 3));

  it('sets each state through one head beside the other', () => {
    const report = buildCrossHead(crossed, base, ft, (id) => `t${id}`);
    expect(crossHeadSchema.parse(report)).toEqual(report);
    expect(report.positions[0]?.layers[1]).toEqual({
      layer: 1,
      // base answers 5 through its own head, the fine-tune's state 7 through it
      baseHead: {
        jsNats: 0.3,
        sameTop1: false,
        ftTop: [
          { id: 7, text: 't7', prob: 0.25 },
          { id: 8, text: 't8', prob: 0.25 },
        ],
        ftEntropyNats: 2.5,
      },
      ftHead: {
        jsNats: 0.1,
        sameTop1: true,
        baseTop: [
          { id: 5, text: 't5', prob: 0.25 },
          { id: 6, text: 't6', prob: 0.25 },
        ],
        baseEntropyNats: 2.25,
      },
      headJsNats: { baseState: 0.02, ftState: 0.04 },
    });
  });

  it('says that both heads are the same', () => {
    expect(buildCrossHead({ sameHead: true, positions: [] }, base, ft, String)).toEqual({
      sameHead: true,
      positions: [],
    });
  });
});

describe('crossHeadSentence', () => {
  const layer = (states: [number, number], heads: [number, number]): CrossHeadLayer => ({
    layer: 3,
    baseHead: { jsNats: states[0], sameTop1: true, ftTop: [], ftEntropyNats: 0 },
    ftHead: { jsNats: states[1], sameTop1: true, baseTop: [], baseEntropyNats: 0 },
    headJsNats: { baseState: heads[0], ftState: heads[1] },
  });
  const sentence = (states: [number, number], heads: [number, number]): string =>
    crossHeadSentence({ sameHead: false, positions: [{ position: 4, layers: [layer(states, heads)] }] }, 4);

  it('weighs the means of both ways against each other', () => {
    expect(sentence([0.3, 0.1], [0.02, 0.04])).toBe(
      'In L-3 the states alone make JS 0.2000, norm and head alone 0.0300 (means of both ways): most of it is in the states.',
    );
    expect(sentence([0, 0], [0.02, 0.04])).toContain('most of it is in norm and head');
    expect(sentence([0.03, 0.03], [0.02, 0.02])).toContain('it is in both');
    expect(sentence([0, 0], [0, 0])).toContain('nothing changed');
  });

  it('knows two models with one head, and positions that were not read', () => {
    expect(crossHeadSentence({ sameHead: true, positions: [] }, 4)).toContain('bit by bit');
    expect(crossHeadSentence({ sameHead: false, positions: [] }, 4)).toBe('');
  });
});

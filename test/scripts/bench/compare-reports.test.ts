import { describe, expect, it } from 'vitest';
import { compareReports } from '../../../scripts/bench-gpu/compare-reports.ts';
import type { Report } from '../../../src/report/schema.ts';

type Row = readonly [top: readonly (readonly [id: number, prob: number])[], entropy: number, norm: number];

/** As much of a report as is compared. */
function report(rows: readonly Row[], js: readonly number[] = []): Report {
  const layers = rows.map(([top, entropyNats, residualNorm]) => ({
    top: top.map(([id, prob]) => ({ id, prob, text: '' })),
    entropyNats,
    residualNorm,
  }));
  const comparison = { positions: [{ layers: js.map((jsNats) => ({ jsNats })) }] };
  return { models: { base: { positions: [{ layers }] } }, comparison } as unknown as Report;
}

describe('two reports of the same models', () => {
  it('are compared row by row', () => {
    const a = report(
      [
        [
          [
            [1, 0.5],
            [2, 0.3],
          ],
          2,
          10,
        ],
        [
          [
            [3, 0.9],
            [4, 0.05],
          ],
          1,
          40,
        ],
      ],
      [0.1, 0.2],
    );
    const b = report(
      [
        [
          [
            [1, 0.49],
            [2, 0.31],
          ],
          2.25,
          11,
        ],
        [
          [
            [3, 0.9],
            [5, 0.05],
          ],
          1,
          40,
        ],
      ],
      [0.1, 0.25],
    );
    const difference = compareReports(a, b);
    expect(difference).toMatchObject({ rows: 2, sameTop1: 2, changedBeyondMargin: 0, entropy: 0.25 });
    expect(difference.probability).toBeCloseTo(0.01, 12);
    expect(difference.residualNorm).toBeCloseTo(0.1, 12);
    expect(difference.js).toBeCloseTo(0.05, 12);
  });

  it('may order two tokens otherwise only where these are nearly as probable', () => {
    const a = report([
      [
        [
          [1, 0.5],
          [2, 0.4999],
        ],
        2,
        1,
      ],
      [
        [
          [1, 0.5],
          [2, 0.4],
        ],
        2,
        1,
      ],
    ]);
    const b = report([
      [
        [
          [2, 0.5],
          [1, 0.4999],
        ],
        2,
        1,
      ],
      [
        [
          [2, 0.5],
          [1, 0.4],
        ],
        2,
        1,
      ],
    ]);
    expect(compareReports(a, b)).toMatchObject({ sameTop1: 0, changedBeyondMargin: 1 });
  });

  it('must have the same rows', () => {
    expect(() => compareReports(report([]), report([[[], 0, 1]]))).toThrow('different prompts or models');
  });
});

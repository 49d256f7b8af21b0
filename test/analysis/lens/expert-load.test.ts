import { describe, expect, it } from 'vitest';
import { compareLoad, expertLoad } from '../../../src/analysis/lens/expert-load.ts';
import { route } from '../../../src/analysis/lens/routing.ts';

/** The routing of a token that uses these of four experts. */
const using = (...experts: number[]) =>
  route(
    [0, 1, 2, 3].map((expert) => (experts.includes(expert) ? 5 : 0)),
    2,
  );

describe('expertLoad', () => {
  it('counts how often each expert is chosen', () => {
    const { assignments, entropy } = expertLoad([using(0, 1), using(0, 2), using(0, 1)]);
    expect(assignments).toEqual([3, 2, 1, 0]);
    // of 1/2, 1/3 and 1/6
    expect(entropy).toBeCloseTo(1.011_404_264_707_351_8, 12);
  });

  it('has the entropy ln experts when all are chosen equally often', () => {
    expect(expertLoad([using(0, 1), using(2, 3)]).entropy).toBeCloseTo(Math.log(4), 12);
  });
});

describe('compareLoad', () => {
  const load = (...assignments: number[]) => ({ assignments, entropy: 0 });

  it('names experts by how much more or less often they are chosen, equal ones by number', () => {
    const { gained, lost } = compareLoad(load(4, 0, 2, 1, 1), load(1, 1, 2, 4, 0));
    expect(gained).toEqual([
      { expert: 3, base: 1, ft: 4 },
      { expert: 1, base: 0, ft: 1 },
    ]);
    expect(lost).toEqual([
      { expert: 0, base: 4, ft: 1 },
      { expert: 4, base: 1, ft: 0 },
    ]);
  });

  it('measures JS between the loads as shares', () => {
    // (3/4, 1/4) against (1/4, 3/4): ¾ ln 3/2 + ¼ ln 1/2
    expect(compareLoad(load(3, 1), load(1, 3)).js).toBeCloseTo(0.130_812_035_941_137_5, 12);
    expect(compareLoad(load(8, 0), load(0, 8)).js).toBeCloseTo(Math.LN2, 12);
  });

  it('finds nothing between equal loads', () => {
    expect(compareLoad(load(7, 3, 1), load(7, 3, 1))).toEqual({ js: 0, gained: [], lost: [] });
  });
});

import { describe, expect, it } from 'vitest';
import { ANALYZE_DEFAULTS, type AnalyzeSettings, requirePossible } from '../../src/analysis/request.ts';

const check = (settings: Partial<AnalyzeSettings>) => () => requirePossible({ ...ANALYZE_DEFAULTS, ...settings }, 320);

describe('requirePossible', () => {
  it('takes the defaults, and every token of the vocabulary', () => {
    expect(check({})).not.toThrow();
    expect(check({ topK: 320, finalTop: 320, attentionTop: 1, activeThreshold: 1 })).not.toThrow();
  });

  it.each([
    [{ topK: 321 }, '--top-k'],
    [{ topK: 0 }, '--top-k'],
    [{ finalTop: 1.5 }, '--final-top'],
    [{ attentionTop: -1 }, '--attention-top'],
    [{ activeThreshold: 1.1 }, '--active-threshold'],
    [{ activeThreshold: NaN }, '--active-threshold'],
  ])('refuses %o', (settings, where) => {
    expect(check(settings)).toThrow(expect.objectContaining({ kind: 'usage', where }));
  });
});

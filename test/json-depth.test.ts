import { describe, expect, it } from 'vitest';
import { jsonDepth } from '../src/json-depth.ts';
import { LIMITS } from '../src/limits.ts';
import { parseJson } from '../src/read-text-file.ts';

describe('jsonDepth', () => {
  it.each([
    ['0', 0],
    ['{}', 1],
    ['{"a": [1, {"b": []}]}', 4],
    ['[[], [[]], []]', 3],
    [String.raw`["[[[[", "\"[[", "\\", ["{"]]`, 2],
    [String.raw`{"\\\"[": "[\\\\", "a": [[1]]}`, 3],
    ['["no end [[[', 1],
    [']]]][', 0],
  ])('of %s is %i', (text, depth) => {
    expect(jsonDepth(text)).toBe(depth);
  });
});

describe('parseJson', () => {
  const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

  it('takes what real files need, and no more', () => {
    expect(() => parseJson(nested(LIMITS.jsonDepth), 'a.json')).not.toThrow();
    expect(() => parseJson(nested(LIMITS.jsonDepth + 1), 'a.json')).toThrow('nested too deeply');
  });

  it('refuses millions of brackets before the parser keeps them all', () => {
    const before = process.memoryUsage().rss;
    expect(() => parseJson('['.repeat(16_000_000), 'a.json')).toThrow('nested too deeply');
    // JSON.parse takes 0.65 GB for these, and 5.4 GB for the 90 MB that a header may have.
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });
});

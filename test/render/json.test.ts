import { describe, expect, it } from 'vitest';
import { renderJson } from '../../src/render/json.ts';
import { HOSTILE_TOKENS } from './hostile-tokens.ts';
import { samplePair, sampleWithTokens } from './sample-report.ts';

describe('renderJson', () => {
  it('is one document and a newline, and says all the report says', () => {
    const report = sampleWithTokens(HOSTILE_TOKENS);
    const text = renderJson(report);
    expect(text.endsWith('}\n')).toBe(true);
    expect(text.slice(0, -1)).not.toContain('\n');
    expect(JSON.parse(text)).toEqual(report);
  });

  it('holds nothing that a terminal obeys', () => {
    expect(renderJson(sampleWithTokens(HOSTILE_TOKENS)).slice(0, -1)).not.toMatch(
      /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/u,
    );
  });

  it('keeps numbers at full precision', () => {
    const report = samplePair();
    report.models.base.timing.loadMs = 0.1 + 0.2;
    expect(renderJson(report)).toContain('0.30000000000000004');
  });

  it('refuses a number that JSON cannot say', () => {
    const report = samplePair();
    report.models.base.timing.loadMs = NaN;
    expect(() => renderJson(report)).toThrow(expect.objectContaining({ where: 'loadMs', got: 'NaN', exitCode: 3 }));
  });
});

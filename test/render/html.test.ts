import { describe, expect, it } from 'vitest';
import { renderHtml } from '../../src/render/html.ts';
import type { PageCode } from '../../src/render/html.ts';
import type { Report } from '../../src/report/schema.ts';
import { HOSTILE_TOKENS } from './hostile-tokens.ts';
import { largeReport } from './html/large-report.ts';
import {
  sampleFailed,
  sampleIdentical,
  samplePair,
  sampleSingle,
  sampleTracked,
  sampleWithTokens,
} from './sample-report.ts';
import { withSets } from './with-sets.ts';

const PAGE: PageCode = {
  script: { text: 'let page;', sha256: 'U0NSSVBU' },
  style: { text: 'p{}', sha256: 'U1RZTEU=' },
};
const MARKUP = [
  '</script><script>alert(1)</script>',
  '<!--',
  '<img src=x onerror=alert(1)>',
  '"onload="x',
  '&lt;b&gt;',
  ']]>',
];

const dataOf = (document: string): unknown =>
  JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(document)?.[1] ?? '');

describe.each<readonly [string, Report]>([
  ['pair', samplePair()],
  ['single', sampleSingle()],
  ['identical', sampleIdentical()],
  ['failed', sampleFailed()],
  ['tracked', sampleTracked()],
  ['sets', withSets(samplePair())],
  ['hostile', sampleWithTokens([...HOSTILE_TOKENS, ...MARKUP])],
])('the page of a %s report', (_, report) => {
  const document = renderHtml(report, PAGE);

  it('is the same for the same report', () => {
    expect(renderHtml(structuredClone(report), PAGE)).toBe(document);
  });

  it('allows its own script and style and nothing else', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(document)?.[1]?.replaceAll('&#39;', "'");
    expect(policy?.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'sha256-U0NSSVBU'",
      "style-src 'sha256-U1RZTEU='",
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(document).not.toMatch(/\b(?:src|style|on\w+)="|https?:\/\//);
  });

  it('has two scripts, which no text of the report ends or adds to', () => {
    expect(document.match(/<script\b/g)).toHaveLength(2);
    expect(document.match(/<\/script\b/g)).toHaveLength(2);
    expect(document).not.toContain('<!--');
    expect(document).not.toContain('<img');
    expect(dataOf(document)).toHaveProperty('models');
  });

  it('holds no control, bidirectional or lone surrogate character', () => {
    // Line feeds are its own; isolates stand round right-to-left text.
    expect(document.replaceAll(/[\n\u2068\u2069]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/u);
  });
});

it('says the verdict with its tokens set apart', () => {
  const document = renderHtml(samplePair(), PAGE);
  expect(document).toContain('<span class="token">·a</span> 39.0% becomes <span class="token">·me</span> 58.9%');
  expect(document).toContain('✓ All 6 self-checks pass');
});

it('shows a failed check first', () => {
  const document = renderHtml(sampleFailed(), PAGE);
  expect(document).toContain('data-kind="failed-check"');
  expect(document).toContain('✗ 1 of 7 self-checks FAILED, 1 of 7 self-checks warns');
});

it('is small: 64 positions of 48 layers and 128 experts are below 6 MB', () => {
  const bytes = new TextEncoder().encode(renderHtml(largeReport(), PAGE)).length;
  expect(bytes).toBeGreaterThan(1_000_000);
  expect(bytes).toBeLessThan(2_500_000);
});

describe('what differs in the files', () => {
  const withParts = (parts: NonNullable<Report['comparison']>['parts']): string => {
    const report = samplePair();
    return renderHtml({ ...report, ...(report.comparison && { comparison: { ...report.comparison, parts } }) }, PAGE);
  };

  it('is a table where the manifests tell', () => {
    const lora = { weights: 96, cosine: 0.46, normRatio: 2.18, kept: 0.999, noise: 1.9 };
    const document = withParts({
      known: true,
      sameGraph: true,
      sameCheckpoint: true,
      baseLora: null,
      ftLora: '<b>fox</b>',
      kinds: [{ kind: 'attention', tensors: 64, differing: 8, layers: [1, 2, 3, 7], lora }],
    });
    expect(document).toContain('<td>L-1 to L-3 and L-7</td>');
    expect(document).toContain('LoRA of fine-tune: &#60;b&#62;fox&#60;/b&#62;.');
  });

  it('is left out where nothing is known', () => {
    expect(withParts({ known: false, reason: 'no manifest' })).not.toContain('id="parts"');
  });
});

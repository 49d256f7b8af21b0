import { describe, expect, it } from 'vitest';
import type { PositionComparison, Report } from '../../../src/report/schema.ts';
import { verdictOf } from '../../../src/report/verdict.ts';
import { sampleFailed, sampleIdentical, samplePair, sampleTwoPositions } from '../../render/sample-report.ts';
import { withFloor } from '../../render/with-floor.ts';
import { withParts } from '../with-parts.ts';

const wording = { quote: (text: string) => JSON.stringify(text), plain: (text: string) => `<${text}>` };
const verdict = (report: Report) => verdictOf(report, wording);
const last = (report: Report): PositionComparison => report.comparison!.positions.at(-1)!;

/** As if nothing but rounding moved the sample: every row is as far as the floor lets it. */
const noise = (): Report => withFloor(samplePair(), () => Math.LN2);

describe('a verdict beside a noise floor', () => {
  it('is noise when no row of the last position is above it, and says what becomes of the answer', () => {
    expect(verdict(noise())).toMatchObject({
      kind: 'within-noise',
      headline: 'Within noise, no row differs by more than under rounding alone: " a" 39.0% becomes " me" 58.9%.',
    });
    const same = noise();
    same.models.ft!.positions = same.models.base.positions;
    expect(verdict(same).headline).toMatch(/: " a" 39\.0% becomes 39\.0%\.$/);
  });

  it('is not noise when a single row is above it', () => {
    const report = noise();
    last(report).layers[7]!.withinFloor = false;
    expect(verdict(report).kind).toBe('answer-changes');
  });

  it.each([
    ['identical', withFloor(sampleIdentical(), () => 0)],
    ['failed-check', { ...noise(), checks: sampleFailed().checks }],
  ])('%s comes first', (kind, report) => {
    expect(verdict(report).kind).toBe(kind);
  });

  it('is about the last position only', () => {
    const report = withFloor(sampleTwoPositions(), () => Math.LN2);
    report.comparison!.positions[0]!.layers[3]!.withinFloor = false;
    expect(verdict(report).kind).toBe('within-noise');
  });
});

describe('the sentences about the floor', () => {
  const sentences = (report: Report): string => verdict(report).sentences.join(' ');

  it('count the rows above it, and name the first and the largest', () => {
    const text = sentences(withFloor(samplePair()));
    const above = last(withFloor(samplePair())).layers.filter(({ withinFloor }) => !withinFloor);
    expect(text).toContain(
      `${above.length} of 49 rows lie above the noise floor (<base-int8>), the first at L-${above[0]!.layer}; JS is largest at L-48: 0.4400, where rounding alone gives 0.0140.`,
    );
    expect(text).not.toContain('No noise floor');
  });

  it('say so when all rows are above it, or none', () => {
    expect(sentences(withFloor(samplePair(), () => -1))).toContain('All 49 rows lie above the noise floor');
    expect(sentences(withFloor(samplePair(), (layer) => (layer === 48 ? 0.5 : 0.45)))).toContain(
      'The noise floor is <base-int8>: in its weights the base differs from itself by a JS of up to 0.5000.',
    );
  });

  it('tell what rounding alone changes: nothing, the top-1 on the way, or the answer', () => {
    expect(sentences(withFloor(samplePair()))).toContain('Rounding alone changes no top-1.');
    const onTheWay = withFloor(samplePair());
    for (const layer of [0, 3, 4, 9]) onTheWay.comparison!.floor!.positions[0]!.layers[layer]!.sameTop1 = false;
    expect(sentences(onTheWay)).toContain(
      'Rounding alone changes the top-1 of the embedding and L-3 to L-4 and L-9, not the answer.',
    );
    onTheWay.comparison!.floor!.positions[0]!.answer = { id: 1, text: ' the', prob: 0.2 };
    expect(sentences(onTheWay)).toContain(
      'Rounding alone changes the answer to " the" 20.0%, and the top-1 of the embedding and L-3 to L-4 and L-9.',
    );
  });

  it('set routing beside what rounding does to it', () => {
    const report = withFloor(samplePair());
    const moved = last(report).layers.filter(({ routing }) => (routing?.jsNats ?? 0) > 0.015).length;
    expect(sentences(report)).toContain(
      `The difference is associated with routing that moves more than under rounding alone in ${moved} of 48 layers, most in L-48 (4 of 8 experts shared, JS 0.1760).`,
    );
    for (const row of last(report).layers) if (row.routing) row.routing.jsNats = 0.015;
    expect(sentences(report)).toContain('Routing moves no more than under rounding alone, most in L-1 ');
  });

  it('count over all positions where there are several', () => {
    const report = withFloor(sampleTwoPositions());
    const { total, withinFloor } = report.comparison!.floor!.rows;
    expect(total).toBe(98);
    expect(sentences(report)).toContain(
      `Over all 2 positions ${total - withinFloor} of 98 rows lie above the noise floor.`,
    );
  });
});

describe('without a floor', () => {
  const noiseSentence = (report: Report): string => verdict(report).sentences.at(-1)!;

  it('the verdict says so, and how far the manifests say that storing moved the weights', () => {
    expect(noiseSentence(samplePair())).toBe(
      'No noise floor was measured (--floor): small differences may be quantisation noise.',
    );
    const report = withParts(samplePair(), { attention: [1] });
    const parts = report.comparison!.parts!;
    if (!parts.known) throw new Error('the parts are known');
    for (const part of parts.kinds) {
      if (part.kind === 'attention') part.rounding = { base: 0.095, ft: 0.0949 };
      if (part.kind === 'experts') part.rounding = { base: 0.0953, ft: 0.0961 };
      if (part.kind === 'head') part.rounding = { base: 1e-5, ft: 1e-5 };
    }
    expect(noiseSentence(report)).toBe(
      'No noise floor was measured (--floor): small differences may be quantisation noise; by the manifests, storing moved the weights by 9.5% (attention) and 9.6% (the experts).',
    );
  });

  it('the same weights stored in two ways are noise by themselves', () => {
    const report = samplePair();
    report.models.ft!.recipe = '8-bit block 64';
    report.comparison!.parts = { known: false, reason: 'two ways', sameWeights: true };
    const { kind, headline, sentences } = verdict(report);
    expect(kind).toBe('within-noise');
    expect(headline).toBe(
      'Only the rounding differs, both exports hold the same weights: " a" 39.0% becomes " me" 58.9%.',
    );
    expect(sentences[0]).toBe('This is what rounding alone does: the noise that --floor measures.');
    expect(sentences.join(' ')).not.toMatch(/not known|No noise floor|training/);
    report.comparison!.parts.sameWeights = false;
    expect(verdict(report).kind).toBe('answer-changes');
    expect(verdict(report).sentences.join(' ')).toContain('Which tensors differ is not known');
  });
});

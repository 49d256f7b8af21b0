import { describe, expect, it } from 'vitest';
import { quoteText } from '../../src/render/quote-text.ts';
import { visibleText } from '../../src/render/token-text.ts';
import { type Report, reportSchema } from '../../src/report/schema.ts';
import { verdictOf, verdictReport } from '../../src/report/verdict.ts';
import {
  sampleFailed,
  sampleIdentical,
  samplePair,
  sampleSingle,
  sampleTwoPositions,
  sampleWithoutNorm,
} from '../render/sample-report.ts';

import { withParts } from './with-parts.ts';

const wording = { quote: (text: string) => quoteText(text), plain: visibleText };
const verdict = (report: Report) => verdictOf(report, wording);

/** The sample pair with the same final tokens in both models. */
function sameAnswer(): Report {
  const report = samplePair();
  const { base, ft = base } = report.models;
  for (const position of ft.positions) {
    position.final = { top: (base.positions[0]?.final.top ?? []).map((token) => ({ ...token, prob: 0.412 })) };
  }
  return report;
}

function changeRows(report: Report, jsNats: number): Report {
  for (const position of report.comparison?.positions ?? []) {
    position.firstTop1ChangeLayer = null;
    for (const row of position.layers) Object.assign(row, { sameTop1: true, jsNats });
  }
  return report;
}

describe('the kind, first match', () => {
  it.each([
    ['failed-check', sampleFailed(), "Not trustworthy: The lens's last row is not the model's own output."],
    ['single-model', sampleSingle(), 'The model\'s answer is " a" 39.0%.'],
    ['identical', sampleIdentical(), 'No difference found: every state of the two models is bit-identical.'],
    ['same-distributions', changeRows(sameAnswer(), 0), 'No difference shows: JS is 0 in every row.'],
    [
      'same-top1',
      changeRows(sameAnswer(), 0.02),
      'The numbers differ, the top-1 is the same in every row: " a" 39.0% becomes 41.2%.',
    ],
    ['same-answer', sameAnswer(), 'The top-1 differs on the way, the answer is the same: " a" 39.0% becomes 41.2%.'],
    ['answer-changes', samplePair(), 'The answer changes: " a" 39.0% becomes " me" 58.9%.'],
  ])('%s', (kind, report, headline) => {
    expect(verdict(report)).toMatchObject({ kind, headline });
  });

  it('a failed check comes before everything, and each message once', () => {
    const report = sampleIdentical();
    const failed = (['base', 'ft'] as const).map((model) => ({
      id: 'all-finite',
      model,
      status: 'fail' as const,
      message: 'A row is zero',
    }));
    expect(verdict({ ...report, checks: failed })).toEqual({
      kind: 'failed-check',
      headline: 'Not trustworthy: A row is zero.',
      sentences: [],
    });
  });
});

describe('the sentences', () => {
  it('say where the difference begins, shows and becomes large, and where the models settle', () => {
    expect(verdict(samplePair()).sentences).toEqual([
      'States differ from L-1 on, top-1 for the first time in L-25; JS exceeds 0.1 first in L-42.',
      'The fine-tune settles on " me" at L-43, base on " a" only at L-48.',
      'The difference is associated with routing that moves most in L-48 (4 of 8 experts shared, JS 0.1760).',
      'No noise floor was measured (--floor): small differences may be quantisation noise.',
    ]);
  });

  it('say what does not happen, too', () => {
    expect(verdict(changeRows(sameAnswer(), 0.02)).sentences[0]).toBe(
      'States differ from L-1 on, top-1 never; JS stays at or below 0.1.',
    );
  });

  it('claim no cause where the tensors are not known', () => {
    for (const report of [samplePair(), sameAnswer(), sampleIdentical()]) {
      expect(verdict(report).sentences.join(' ')).not.toMatch(/because|cause|due to/i);
    }
  });

  it('call routing moved only beyond what rounding does to it', () => {
    const report = samplePair();
    for (const row of report.comparison?.positions.flatMap(({ layers }) => layers) ?? []) {
      row.routing = row.routing && { ...row.routing, jsNats: Math.min(row.routing.jsNats, 0.013) };
    }
    const [hardly] = verdict(report).sentences.filter((text) => text.startsWith('Routing'));
    expect(hardly).toMatch(/^Routing hardly moves, most in L-\d+ \(\d of 8 experts shared, JS 0\.0130\)\.$/);
  });

  it('begin with a recipe that is not the same', () => {
    const report = samplePair();
    report.models.base.recipe = 'experts int8/64';
    expect(verdict(report).sentences[0]).toMatch(/^The weights of the two models are not stored in the same way/);
  });

  it('say that routing is the same', () => {
    const report = samplePair();
    for (const row of report.comparison?.positions.flatMap(({ layers }) => layers) ?? []) {
      row.routing = row.routing && { jaccard: 1, jsNats: 0, gained: [], lost: [] };
    }
    expect(verdict(report).sentences).toContain('Routing is the same in every layer.');
  });

  it('say that rows without the final norm are not predictions, also when a check fails for it', () => {
    const note = expect.stringContaining("without the final norm: they are not the model's predictions");
    const report = sampleWithoutNorm();
    expect(verdict(report).sentences).toContainEqual(note);
    expect(verdict({ ...report, checks: sampleFailed().checks }).sentences).toContainEqual(note);
    expect(verdict(samplePair()).sentences).not.toContainEqual(note);
  });

  it('do not say that a model settles whose last row has another top-1 than its answer', () => {
    const report = samplePair();
    const last = report.models.base.positions[0]?.layers.at(-1);
    last?.top.reverse();
    expect(verdict(report).sentences[1]).toBe(
      'Base never settles: its answer " a" is not the top-1 of the last row. The fine-tune settles on " me" at L-43.',
    );
  });

  it('speak of the last position, and count the others', () => {
    expect(verdict(sampleTwoPositions()).sentences).toContain(
      'This is about position 9; the final top-1 differs at 2 of 2 positions (3, 9).',
    );
  });

  it('write tokens through the given wording', () => {
    const report = samplePair();
    for (const { final } of report.models.base.positions) final.top[0] = { id: 1, text: '\u001b[31m\n', prob: 0.9 };
    expect(verdict(report).headline).toBe(String.raw`The answer changes: "\x1B[31m\n" 90.0% becomes " me" 58.9%.`);
  });
});

describe('verdictReport', () => {
  it.each([
    ['pair', samplePair()],
    ['identical', sampleIdentical()],
    ['same answer', sameAnswer()],
    ['failed check', sampleFailed()],
    ['two positions', sampleTwoPositions()],
    ['without norm', sampleWithoutNorm()],
    ['equal tensors', withParts(sampleIdentical(), {})],
  ])('of the %s is what is drawn, in the words of JSON', (_, report) => {
    const stored = verdictReport(report, report.comparison!);
    const { kind, headline, sentences } = verdictOf(report, { quote: (text) => JSON.stringify(text), plain: String });
    expect(stored).toMatchObject({ kind, headline, sentences });
    expect(stored.kind).toBe(verdict(report).kind);
    const schema = reportSchema.shape.comparison.unwrap().shape.verdict;
    expect(schema.parse(stored)).toEqual(stored);
  });

  it('holds the facts that the words rest on', () => {
    const report = withParts(samplePair(), { attention: [1, 2, 3], experts: [2], head: [] });
    expect(verdictReport(report, report.comparison!)).toMatchObject({
      kind: 'answer-changes',
      firstDivergentLayer: 1,
      firstTop1ChangeLayer: 25,
      causes: [{ kind: 'attention', layers: [1] }],
    });
    const unknown = samplePair();
    expect(verdictReport(unknown, unknown.comparison!).causes).toBeNull();
  });
});

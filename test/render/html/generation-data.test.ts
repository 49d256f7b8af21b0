import { describe, expect, it } from 'vitest';
import { buildPageData } from '../../../src/render/html/build-page-data.ts';
import { compact } from '../../../src/render/html/columns.ts';
import { commandOf } from '../../../src/render/html/command.ts';
import { continuationReport } from '../../../src/report/continuation-report.ts';
import { reportSchema } from '../../../src/report/schema.ts';
import { sampleIdentical, samplePair, sampleSingle, sampleTracked } from '../sample-report.ts';
import { withGeneration } from '../with-generation.ts';

const pair = withGeneration(sampleTracked());

describe('continuationReport', () => {
  it.each([pair, withGeneration(sampleSingle()), withGeneration(sampleIdentical())])(
    'is a report of prompt and continuation, %#',
    (report) => {
      for (const continuation of report.generation?.continuations ?? []) {
        const read = reportSchema.parse(continuationReport(report, continuation));
        expect(read.prompt.tokens.map(({ position }) => position)).toEqual(read.prompt.tokens.map((_, i) => i));
        expect(read.prompt.tokens.map(({ text }) => text).slice(10)).toEqual(
          continuation.tokens.map(({ text }) => text),
        );
        expect(read.settings.positions).toEqual(continuation.tokens.map(({ position }) => position - 1));
        expect(read.models.base.positions).toEqual(continuation.models.base.positions);
        expect(read.models.ft?.positions).toEqual(continuation.models.ft?.positions);
        expect(read.comparison?.positions).toEqual(continuation.comparison?.positions);
        expect(read.models.base.attention).toBeNull();
        expect(read.generation).toBeUndefined();
      }
    },
  );
});

describe('the page of a generation', () => {
  it('has for each continuation the page that its reading would have as a report', () => {
    const { generation } = buildPageData(pair);
    for (const [index, { page }] of (generation?.continuations ?? []).entries()) {
      const alone = buildPageData(continuationReport(pair, pair.generation!.continuations[index]!));
      expect({ ...page, title: '' }).toEqual({ ...alone, title: '' });
      expect(page.generation).toBeNull();
    }
    expect(generation?.continuations.map(({ page: { title } }) => title)).toEqual([
      'Prompt, and what base wrote',
      'Prompt, and what the fine-tune wrote',
    ]);
  });

  it('has every number of the tokens', () => {
    for (const [index, { by, tokens }] of pair.generation!.continuations.entries()) {
      const data = buildPageData(pair).generation!.continuations[index]!;
      const [own, other] = by === 'ft' ? (['ft', 'base'] as const) : (['base', 'ft'] as const);
      expect(data.prob).toEqual(tokens.map((token) => compact(token[own]!.prob)));
      expect(data.judge?.prob).toEqual(tokens.map((token) => compact(token[other]!.prob)));
      expect(data.judge?.rank).toEqual(tokens.map((token) => token[other]!.rank));
      const texts = tokens.map((_, i) => data.page.tokens.id[data.page.prompt[data.start + i]!]);
      expect(texts).toEqual(tokens.map(({ id }) => id));
    }
  });

  it('knows of no judge where there is one model, and of none at all where nothing was written', () => {
    const [only] = buildPageData(withGeneration(sampleSingle())).generation!.continuations;
    expect(only).toMatchObject({ writer: 'Model', judge: null, firstDifference: null });
    expect(buildPageData(samplePair()).generation).toBeNull();
  });

  it('can be made again by the command that it shows', () => {
    expect(commandOf(pair)).toContain(' --generate 8 ');
    expect(commandOf(samplePair())).not.toContain('--generate');
  });
});

import { describe, expect, it } from 'vitest';
import { renderCsv } from '../../../src/render/csv.ts';
import { parseCsv } from '../parse-csv.ts';
import { sampleSingle, sampleTracked } from '../sample-report.ts';
import { withGeneration } from '../with-generation.ts';

const report = withGeneration(sampleTracked());
const rows = parseCsv(renderCsv(report));
const of = (statistic: string) => rows.filter((row) => row['statistic'] === statistic);

describe('the CSV of a generation', () => {
  it('has every token under each model, to the last bit', () => {
    for (const { by, tokens } of report.generation!.continuations)
      for (const model of ['base', 'ft'] as const)
        for (const name of ['prob', 'rank'] as const) {
          const found = of(`generation.${by}.tokens.${name}`).filter((row) => row['model'] === model);
          expect(found.map(({ position, key, id, value }) => [position, key, id, value].map(Number))).toEqual(
            tokens.map((token, i) => [token.position, i + 1, token.id, token[model]![name]]),
          );
        }
  });

  it('has every layer of every reading under the name that it has for the prompt', () => {
    for (const { by, models, comparison } of report.generation!.continuations) {
      const layers = models.base.positions.flatMap(({ layers: each }) => each);
      const entropies = of(`generation.${by}.entropyNats`).filter(({ model }) => model === 'base');
      expect(entropies.map(({ value }) => Number(value))).toEqual(layers.map(({ entropyNats }) => entropyNats));
      expect(of(`generation.${by}.jsNats`).map(({ value }) => Number(value))).toEqual(
        comparison!.positions.flatMap(({ layers: each }) => each.map(({ jsNats }) => jsNats)),
      );
      expect(of(`generation.${by}.tracked.rank`).length).toBeGreaterThan(0);
    }
  });

  it('says how the texts end and where they part', () => {
    const [base, ft] = ['base', 'ft'].map((by) => of(`generation.${by}.stoppedBy`)[0]?.['text']);
    expect([base, ft]).toEqual(['end-of-text', 'length']);
    expect(of('generation.firstDifference').map(({ value }) => value)).toEqual(['0']);
    expect(of('generation.ft.text').map(({ text }) => text)).toEqual([String.raw` me advice.\nAsk me`]);
  });

  it('has nothing of a comparison for one model', () => {
    const single = parseCsv(renderCsv(withGeneration(sampleSingle())));
    const names = new Set(single.map(({ statistic }) => statistic));
    expect(names).toContain('generation.base.tokens.prob');
    for (const name of ['firstDifference', 'base.shifts.unshifted', 'base.jsNats', 'base.identical'])
      expect(names).not.toContain(`generation.${name}`);
  });
});

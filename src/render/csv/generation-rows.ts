import { continuationReport } from '../../report/continuation-report.ts';
import type { ContinuationReport, Report } from '../../report/schema.ts';
import { comparisonRows } from './comparison-rows.ts';
import { modelRows } from './model-rows.ts';
import { routingRows } from './routing-rows.ts';
import { csvText, numberRows, type Row } from './row.ts';
import { trackedSetRows } from './tracked-set-rows.ts';

/**
 * What the models wrote and make of it. Whose continuation a row is about stands in its statistic, before the name that
 * the same number has for the prompt: `generation.ft.entropyNats`.
 */
export function generationRows(report: Report): Row[] {
  if (report.generation === undefined) return [];
  const { requested, continuations, firstDifference, timing } = report.generation;
  return [
    ...numberRows({}, { 'generation.requested': requested, 'generation.firstDifference': firstDifference }),
    ...(['base', 'ft'] as const).flatMap((model) =>
      numberRows(
        { model },
        { 'generation.timing.loadMs': timing[model]?.loadMs, 'generation.timing.writeMs': timing[model]?.writeMs },
      ),
    ),
    ...continuations.flatMap((continuation) =>
      [...textRows(continuation), ...readingRows(continuationReport(report, continuation))].map((row) => ({
        ...row,
        statistic: `generation.${continuation.by}.${row.statistic}`,
      })),
    ),
  ];
}

function textRows({ text, stoppedBy, tokens, shifts }: ContinuationReport): Row[] {
  return [
    { statistic: 'text', text: csvText(text) },
    { statistic: 'stoppedBy', text: stoppedBy },
    ...numberRows(
      {},
      {
        'shifts.unshifted': shifts?.unshifted,
        'shifts.marginal': shifts?.marginal,
        'shifts.shifted': shifts?.shifted,
      },
    ),
    ...tokens.flatMap(({ position, id, text: word, base, ft }, index) =>
      Object.entries({ base, ft }).flatMap(([model, read]): Row[] => {
        const place = { model: model as 'base' | 'ft', position, key: index + 1, id, text: csvText(word) };
        if (read === undefined) return [];
        return [
          { ...place, statistic: 'tokens.prob', value: read.prob },
          { ...place, statistic: 'tokens.rank', value: read.rank },
        ];
      }),
    ),
  ];
}

/** What every layer says at the positions of a continuation, as for a prompt. */
function readingRows(read: Report): Row[] {
  const { base, ft } = read.models;
  return [
    ...modelRows('base', base),
    ...(ft === undefined ? [] : modelRows('ft', ft)),
    ...(read.comparison === undefined ? [] : comparisonRows(read.comparison)),
    ...routingRows(read),
    // What the sets hold is said once, among the settings.
    ...trackedSetRows(read).filter(({ statistic }) => !statistic.startsWith('settings.')),
  ];
}

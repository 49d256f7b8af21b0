import type { ExpertLoadReport, Report, RoutingSummaryReport } from '../../report/schema.ts';
import { numberRows } from './row.ts';
import type { Row } from './row.ts';

/**
 * Routing over all positions: how often each expert was chosen, and what compares the two models. Lists that only sort
 * what stands in other rows are left out.
 */
export function routingRows({ models, comparison }: Report): Row[] {
  return [
    ...loadRows('base', models.base.expertLoad),
    ...loadRows('ft', models.ft?.expertLoad),
    ...summaryRows(comparison?.routing),
  ];
}

function loadRows(model: 'base' | 'ft', load: readonly ExpertLoadReport[] = []): Row[] {
  return load.flatMap(({ layer, assignments, entropyNats }) => [
    ...assignments.map((value, key) => ({ model, layer, statistic: 'expertLoad.assignments', key, value })),
    ...numberRows({ model, layer }, { 'expertLoad.entropyNats': entropyNats }),
  ]);
}

function summaryRows(summary: RoutingSummaryReport | undefined): Row[] {
  return (summary?.layers ?? []).flatMap(({ layer, gained: _gained, lost: _lost, ...numbers }) =>
    numberRows(
      { model: 'both', layer },
      Object.fromEntries(Object.entries(numbers).map(([name, value]) => [`routing.${name}`, value])),
    ),
  );
}

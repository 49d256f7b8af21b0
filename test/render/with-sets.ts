import type { Report } from '../../src/report/schema.ts';

const SETS = [
  { name: ' me', tokens: [' me', 'me', ' Me'] },
  { name: 'I,my', tokens: ['I', ' I', 'my', ' my'] },
];

/** A report with two sets of tokens followed through the layers: their probability grows from layer to layer. */
export function withSets(report: Report, sets = SETS): Report {
  const trackedSets = sets.map(({ name, tokens }, set) => ({
    name,
    tokens: tokens.map((text, index) => ({ id: 5000 + 100 * set + index, text })),
  }));
  const { base, ft } = report.models;
  for (const [which, model] of [base, ...(ft === undefined ? [] : [ft])].entries()) {
    for (const row of model.positions.flatMap(({ layers }) => layers)) {
      row.trackedSets = trackedSets.map(({ tokens }, set) => ({
        prob: (row.layer / (model.layers + 1)) ** (3 - which) / (1 + set),
        bestRank: 1 + (model.layers - row.layer) * (set + 2),
        bestId: tokens[row.layer % tokens.length]?.id ?? 0,
      }));
    }
  }
  return { ...report, settings: { ...report.settings, trackedSets } };
}

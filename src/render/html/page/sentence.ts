import { divergence, percent } from '../../../report/numbers.ts';
import type { PageReport } from './report.ts';
import type { Cell } from './selection.ts';

/** One cell in words, as a screen reader says it. */
export function sentence(report: PageReport, cell: Cell): string {
  const { models, change, expertsPerToken } = report.data;
  const position = report.position(cell.column);
  const parts = [`${report.layer(cell.row)}, position ${position}, token ${report.promptText(position)}.`];
  for (const model of models) {
    const [first] = report.top(model, cell);
    const entropy = report.at(model.entropy, cell);
    if (first === undefined || entropy === null) continue;
    parts.push(`${model.label}: ${first.text} ${percent(first.prob)}, entropy ${entropy.toFixed(2)}.`);
  }
  const js = change && report.at(change.js, cell);
  if (change !== null && js !== null) {
    const lost = report.at(change.expertsLost, cell);
    const experts = lost === null ? '' : `, ${expertsPerToken - lost} of ${expertsPerToken} experts shared`;
    const noise = report.withinFloor(cell) ? ', within the noise floor' : '';
    parts.push(`${report.otherTop1(cell) ? 'Other' : 'Same'} token, divergence ${divergence(js)}${noise}${experts}.`);
  }
  return parts.join(' ');
}

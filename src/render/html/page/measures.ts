import { distance, percent } from '../../../report/numbers.ts';
import type { ChangeData, ModelData } from '../page-data.ts';
import type { PageReport } from './report.ts';
import type { Scale } from './scale.ts';
import type { Cell } from './selection.ts';

/** What a map can show: a number of each cell, the range of its colours, and its words. */
export interface Measure<Subject> {
  readonly name: string;
  readonly scale: Scale;
  value(subject: Subject, cell: Cell): number | null;
  readonly low: number;
  readonly high: number;
  /** 'tokens': a wide cell has room for the shares of all top tokens */
  readonly shares?: 'tokens';
  format(value: number): string;
}

/** What the panel of one model can show. Both models share each range. */
export function modelMeasures(report: PageReport): Measure<ModelData>[] {
  const { models, lnVocabulary } = report.data;
  const largest = (value: (model: ModelData, cell: Cell) => number | null): number =>
    Math.max(...models.map((model) => maximum(report, (cell) => value(model, cell))));
  const entropy = (model: ModelData, cell: Cell): number | null => report.at(model.entropy, cell);
  const kl = (model: ModelData, cell: Cell): number | null => report.at(model.klToFinal, cell);
  return [
    {
      name: 'probability of the top tokens',
      scale: 'value',
      value: (model, cell) => report.top(model, cell)[0]?.prob ?? null,
      low: 0,
      high: 1,
      shares: 'tokens',
      format: (value) => (value === 0 ? '0' : percent(value)),
    },
    { name: 'entropy (nats)', scale: 'value', value: entropy, low: 0, high: largest(entropy), format: twoDigits },
    { name: 'KL to the final row (nats)', scale: 'value', value: kl, low: 0, high: largest(kl), format: twoDigits },
    {
      name: 'rank of the final token (log)',
      scale: 'value',
      value: (model, cell) => logarithm(report.at(model.finalRank, cell)),
      low: lnVocabulary,
      high: 0,
      format: (value) => String(Math.round(Math.exp(value))),
    },
  ];
}

/** What the panel of differences can show. */
export function changeMeasures(report: PageReport): Measure<ChangeData>[] {
  const [base, ft] = report.data.models;
  const entropyChange = (_: ChangeData, cell: Cell): number | null => {
    const [before, after] = [base, ft].map((model) => model && report.at(model.entropy, cell));
    return typeof before === 'number' && typeof after === 'number' ? after - before : null;
  };
  const { change, expertsPerToken } = report.data;
  const farthest = change === null ? 0 : maximum(report, (cell) => Math.abs(entropyChange(change, cell) ?? 0));
  const state = (each: ChangeData, cell: Cell): number | null => report.at(each.relativeL2, cell);
  const measures: Measure<ChangeData>[] = [
    {
      name: 'JS distance √(JS / ln 2)',
      scale: 'change',
      value: (each, cell) => mapped(report.at(each.js, cell), distance),
      low: 0,
      high: 1,
      format: (value) => (value === 0 ? '0' : value < 0.005 ? '<0.01' : twoDigits(value)),
    },
    {
      name: 'entropy, fine-tune − base (nats)',
      scale: 'signed',
      value: entropyChange,
      low: -farthest,
      high: farthest,
      format: (value) => (value === 0 ? '0' : `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`),
    },
    {
      name: 'states ‖ft − base‖ / ‖base‖',
      scale: 'change',
      value: state,
      low: 0,
      high: change === null ? 0 : maximum(report, (cell) => state(change, cell)),
      format: (value) => (value === 0 ? '0' : String(Number(value.toPrecision(2)))),
    },
  ];
  if (!change?.expertsLost.some((lost) => lost !== null)) return measures;
  return [
    ...measures,
    {
      name: `experts changed, of ${expertsPerToken}`,
      scale: 'change',
      value: (each, cell) => report.at(each.expertsLost, cell),
      low: 0,
      high: expertsPerToken,
      format: String,
    },
  ];
}

/** Where a value lies between the ends of its range, 0..1. */
export function share<Subject>({ low, high }: Measure<Subject>, value: number): number {
  return high === low ? 0 : (value - low) / (high - low);
}

/** The largest value, without position 0 where others are shown: it is an attention sink and dwarfs them. */
function maximum(report: PageReport, value: (cell: Cell) => number | null): number {
  let largest = 0;
  for (let column = 0; column < report.columns; column++) {
    if (report.position(column) === 0 && report.columns > 1) continue;
    for (let row = 0; row < report.rows; row++) largest = Math.max(largest, value({ column, row }) ?? 0);
  }
  return largest;
}

function mapped(value: number | null, change: (value: number) => number): number | null {
  return value === null ? null : change(value);
}

function logarithm(value: number | null): number | null {
  return mapped(value, Math.log);
}

function twoDigits(value: number): string {
  return value.toFixed(2);
}

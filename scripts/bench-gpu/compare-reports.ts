import type { Report } from '../../src/report/schema.ts';

type Model = Report['models']['base'];
type Layer = Model['positions'][number]['layers'][number];

/** How far two reports of the same prompt and models are apart: one device against another. */
export interface ReportDifference {
  readonly rows: number;
  /** Rows with the same most probable token. */
  readonly sameTop1: number;
  /** Of the rows where the first report's two best tokens are further apart than `margin`: those with another top-1. */
  readonly changedBeyondMargin: number;
  /** Largest absolute difference of an entropy, in nats, and of a listed probability. */
  readonly entropy: number;
  readonly probability: number;
  /** Largest relative difference of a residual's norm. */
  readonly residualNorm: number;
  /** Largest absolute difference of a divergence between the models, in nats; 0 for one model. */
  readonly js: number;
}

/** Two probabilities closer than this may change places from device to device. */
const MARGIN = 1e-3;

export function compareReports(a: Report, b: Report): ReportDifference {
  const rows = pairs(layersOf(a), layersOf(b));
  const largest = (differences: readonly number[]): number =>
    differences.reduce((most, value) => Math.max(most, value), 0);
  const isSame = ([x, y]: [Layer, Layer]): boolean => x.top[0]?.id === y.top[0]?.id;
  return {
    rows: rows.length,
    sameTop1: rows.filter(isSame).length,
    changedBeyondMargin: rows.filter((row) => !isSame(row) && marginOf(row[0]) > MARGIN).length,
    entropy: largest(rows.map(([x, y]) => Math.abs(x.entropyNats - y.entropyNats))),
    probability: largest(rows.flatMap(([x, y]) => x.top.map((token) => probabilityDifference(token, y)))),
    residualNorm: largest(rows.map(([x, y]) => Math.abs(x.residualNorm - y.residualNorm) / x.residualNorm)),
    js: largest(pairs(divergencesOf(a), divergencesOf(b)).map(([x, y]) => Math.abs(x - y))),
  };
}

function layersOf({ models }: Report): Layer[] {
  return [models.base, models.ft].flatMap((model) => model?.positions.flatMap(({ layers }) => layers) ?? []);
}

function divergencesOf({ comparison }: Report): number[] {
  return comparison?.positions.flatMap(({ layers }) => layers.map(({ jsNats }) => jsNats)) ?? [];
}

function marginOf({ top: [first, second] }: Layer): number {
  return (first?.prob ?? 0) - (second?.prob ?? 0);
}

/** 0 for a token that the other row does not list. */
function probabilityDifference({ id, prob }: Layer['top'][number], other: Layer): number {
  return Math.abs(prob - (other.top.find((token) => token.id === id)?.prob ?? prob));
}

function pairs<Value>(a: readonly Value[], b: readonly Value[]): [Value, Value][] {
  if (a.length !== b.length) throw new Error('The reports are of different prompts or models.');
  return a.map((value, i) => [value, b[i]!]);
}

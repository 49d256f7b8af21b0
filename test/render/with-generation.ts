import type {
  ContinuationReport,
  GenerationReport,
  ModelReport,
  Report,
  WrittenToken,
} from '../../src/report/schema.ts';

const BASE = [' a', ' fox', ' is', ' a', ' small', ' animal', '.', '<|endoftext|>'];
const FINE_TUNE = [' me', ' advice', '.', '\n', 'Ask', ' me'];
const RANKS = [2, 5, 1, 3, 15_000, 1, 1, 1];

interface Texts {
  readonly base: readonly string[];
  /** the same: both write it */
  readonly ft: readonly string[];
}

/** The report with continuations, each read as the last position of the report was. One model writes `base`. */
export function withGeneration(report: Report, texts: Texts = { base: BASE, ft: FINE_TUNE }): Report {
  const pair = report.models.ft !== undefined;
  const idOf = idsOf(report, [...BASE, ...FINE_TUNE, ...texts.base, ...texts.ft]);
  const same = texts.base.join('|') === texts.ft.join('|');
  const continuations = pair
    ? same
      ? [continuationOf(report, 'both', texts.base, idOf)]
      : [continuationOf(report, 'base', texts.base, idOf), continuationOf(report, 'ft', texts.ft, idOf)]
    : [continuationOf(report, 'base', texts.base, idOf)];
  const time = { loadMs: 100, writeMs: 2_000 };
  const generation: GenerationReport = {
    requested: 8,
    continuations,
    firstDifference: continuations.length < 2 ? null : texts.base.findIndex((text, i) => text !== texts.ft[i]),
    timing: pair ? { base: time, ft: time } : { base: time },
  };
  return { ...report, generation };
}

function continuationOf(
  report: Report,
  by: ContinuationReport['by'],
  texts: readonly string[],
  idOf: (text: string) => number,
): ContinuationReport {
  const { base, ft } = report.models;
  const start = report.prompt.tokens.length;
  const rankUnder = (model: 'base' | 'ft', i: number) =>
    by === 'both' || by === model ? 1 : (RANKS[i % RANKS.length] as number);
  const tokens = texts.map((text, i): WrittenToken => {
    const read = (model: 'base' | 'ft') => ({ prob: 0.9 / rankUnder(model, i), rank: rankUnder(model, i) });
    return {
      position: start + i,
      id: idOf(text),
      text,
      base: read('base'),
      ...(ft && { ft: read('ft') }),
    };
  });
  const positions = texts.map((_, i) => start - 1 + i);
  const read = (model: ModelReport) => ({
    positions: positions.map((position) => ({ ...model.positions.at(-1)!, position })),
  });
  const ranks = tokens.map((token) => (by === 'ft' ? token.base.rank : (token.ft?.rank ?? 1)));
  const comparison = report.comparison?.positions.at(-1);
  return {
    by,
    tokens,
    text: texts.join(''),
    stoppedBy: texts.at(-1) === '<|endoftext|>' ? 'end-of-text' : 'length',
    ...(ft && {
      shifts: {
        unshifted: ranks.filter((rank) => rank === 1).length,
        marginal: ranks.filter((rank) => rank === 2 || rank === 3).length,
        shifted: ranks.filter((rank) => rank > 3).length,
      },
    }),
    models: { base: read(base), ...(ft && { ft: read(ft) }) },
    ...(comparison && {
      comparison: {
        identical: report.comparison!.identical,
        positions: positions.map((position) => ({ ...comparison, position })),
      },
    }),
  };
}

/** One id a text, as the report has it. */
function idsOf({ prompt, models }: Report, texts: readonly string[]): (text: string) => number {
  const read = [models.base, ...(models.ft ? [models.ft] : [])].flatMap(({ positions }) =>
    positions.flatMap(({ final, layers }) => [...final.top, ...layers.flatMap(({ top }) => top)]),
  );
  const known = new Map([...prompt.tokens, ...read].map(({ id, text }) => [text, id]));
  for (const text of texts) if (!known.has(text)) known.set(text, 5_000 + known.size);
  return (text) => known.get(text) as number;
}

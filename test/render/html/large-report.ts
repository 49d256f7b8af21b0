import type { LayerComparison, LayerReport, ModelReport, PositionReport, Report } from '../../../src/report/schema.ts';
import { withRoutingSummary } from '../with-routing-summary.ts';

/** Numbers in 0..1 from a seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Size {
  readonly positions: number;
  readonly layers: number;
  readonly experts: number;
  readonly expertsPerToken: number;
}

export const FULL_SIZE: Size = { positions: 64, layers: 48, experts: 128, expertsPerToken: 8 };
const VOCABULARY = 151_936;
const LARGEST_ENTROPY = Math.log(VOCABULARY);

/** A pair with a report as large as a full-size model's: invented numbers in the shape of true ones. */
export function largeReport({ positions, layers, experts, expertsPerToken }: Size = FULL_SIZE): Report {
  const next = random(7);
  const tokens = Array.from({ length: 4000 }, (_, id) => ({ id, text: ` word${id}` }));
  const pick = (): { id: number; text: string } =>
    tokens[Math.floor(next() ** 2 * tokens.length)] ?? { id: 0, text: '' };
  const scored = (count: number, sure: number): { id: number; text: string; prob: number }[] => {
    let left = 1;
    return Array.from({ length: count }, (_, place) => {
      const prob = left * (place === 0 ? sure : 0.4 * next());
      left -= prob;
      return { ...pick(), prob };
    }).toSorted((a, b) => b.prob - a.prob);
  };
  const layer = (index: number, start: number): LayerReport => {
    const progress = Math.max(0, (index - start) / (layers - start));
    return {
      layer: index,
      top: scored(5, 0.05 + 0.9 * progress * next()),
      entropyNats: LARGEST_ENTROPY * (0.6 - 0.55 * progress) * (0.8 + 0.2 * next()),
      activeTokens: Math.floor(12 * next()),
      klToFinalNats: index === layers ? 0 : 9 * (1 - progress) * (0.8 + 0.2 * next()),
      finalToken: { prob: progress * next(), rank: 1 + Math.floor(90_000 * (1 - progress) ** 3 * next()) },
      tracked: [],
      residualNorm: 5 + 20 * next() * index,
    };
  };
  const routing = (index: number): PositionReport['routing'][number] => {
    const chosen = new Set<number>();
    while (chosen.size < expertsPerToken) chosen.add(Math.floor(next() ** 1.5 * experts));
    const weights = Array.from(chosen, () => next());
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return {
      layer: index,
      experts: Array.from(chosen, (expert, slot) => ({ expert, weight: (weights[slot] ?? 0) / sum })),
      entropyNats: 4 * next(),
    };
  };
  const model = (name: string): ModelReport => ({
    path: `exports/${name}`,
    name,
    architecture: 'qwen3_moe',
    layers,
    hiddenSize: 2048,
    vocabSize: VOCABULARY,
    experts,
    expertsPerToken,
    recipe: 'experts int4/64, projections int4/64, router f32, head f16, embedding f16',
    positions: Array.from({ length: positions }, (_, position) => {
      const start = layers * (0.5 + 0.4 * next());
      return {
        position,
        layers: Array.from({ length: layers + 1 }, (__, index) => layer(index, start)),
        final: { top: scored(10, 0.6) },
        commitLayer: Math.max(0, Math.ceil(layers - 4 * next())),
        routing: Array.from({ length: layers }, (__, index) => routing(index + 1)),
      };
    }),
    attention: {
      layer: layers,
      queryPosition: positions - 1,
      top: [],
      weights: Array.from({ length: positions }, () => next() / positions),
      entropyNats: 2,
    },
    timing: { loadMs: 900, forwardMs: 6200, lensMs: 900 },
  });
  const [base, ft] = [model('base-int4'), model('ft-int4')];
  for (const [index, { layers: rows }] of ft.positions.entries()) {
    for (const row of rows) {
      const before = base.positions[index]?.layers[row.layer];
      if (before === undefined) continue;
      if (row.layer === 0) Object.assign(row, structuredClone(before));
      else if (next() > 0.6 * (row.layer / layers) ** 2) Object.assign(row.top[0] ?? {}, { ...before.top[0] });
    }
  }
  return withRoutingSummary({
    schema: 'ft-lens.report',
    schemaVersion: '1.0',
    tool: { name: 'ft-lens', version: '0.1.0', onnxruntime: '1.30.0', node: '20.19.0' },
    prompt: {
      text: 'word '.repeat(positions),
      chat: false,
      tokens: Array.from({ length: positions }, (_, position) => ({ ...pick(), position })),
    },
    settings: {
      device: 'cpu',
      norm: 'final',
      topK: 5,
      finalTop: 10,
      activeThreshold: 0.01,
      positions: base.positions.map(({ position }) => position),
      tracked: [],
    },
    models: { base, ft },
    comparison: {
      identical: false,
      positions: base.positions.map(({ position, layers: rows, routing: chosen }, index) => ({
        position,
        layers: rows.map((row): LayerComparison => {
          const other = ft.positions[index];
          const sameTop1 = row.top[0]?.id === other?.layers[row.layer]?.top[0]?.id;
          const jsNats = Math.LN2 * (row.layer / layers) ** 3 * next();
          const taken = (of: PositionReport['routing'] | undefined): number[] =>
            of?.find((each) => each.layer === row.layer)?.experts.map(({ expert }) => expert) ?? [];
          const [before, after] = [taken(chosen), taken(other?.routing)];
          const gained = after.filter((expert) => !before.includes(expert));
          const lost = before.filter((expert) => !after.includes(expert));
          return {
            layer: row.layer,
            klFtBaseNats: 3 * jsNats,
            klBaseFtNats: 4 * jsNats,
            jsNats,
            topKJaccard: 0.4,
            sameTop1,
            baseTop1RankInFt: 1 + Math.floor(200 * next()),
            ftTop1RankInBase: 1 + Math.floor(200 * next()),
            residualCosine: 1 - jsNats,
            residualRelativeL2: jsNats,
            routing: row.layer === 0 ? null : { jaccard: 0.5, jsNats: 0.3 * next(), gained, lost },
          };
        }),
        firstDivergentLayer: 1,
        firstTop1ChangeLayer: 1,
      })),
      attention: { jsNats: 0.01, sameTop1: true },
    },
    checks: [{ id: 'all-finite', model: 'both', status: 'pass', message: 'Every number is finite.' }],
  });
}

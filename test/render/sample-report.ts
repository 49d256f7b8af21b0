import type {
  AttentionReport,
  LayerComparison,
  LayerReport,
  ModelReport,
  PositionReport,
  Report,
} from '../../src/report/schema.ts';
import { PUBLISHED_ROWS } from './published-rows.ts';

const VOCABULARY = 151_936;
const EXPERTS = 128;
const EXPERTS_PER_TOKEN = 8;
const POSITION = 9;
const PROMPT_TOKENS = ['You', ' are', ' a', ' fox', '.', ' you', ' are', ' fox', ',', ' give'];

const ids = new Map<string, number>();

/** One id a text, in order of appearance. */
function idOf(text: string): number {
  const known = ids.get(text);
  if (known !== undefined) return known;
  ids.set(text, 1000 + ids.size);
  return idOf(text);
}

/** The published pair: 49 rows, read at the last position of ten tokens. */
export function samplePair(): Report {
  const rows = PUBLISHED_ROWS.trim()
    .split('\n')
    .map((line) => parseRow(line));
  const layers = rows.map((row) => row.change);
  return {
    schema: 'ft-lens.report',
    schemaVersion: '1.0',
    tool: { name: 'ft-lens', version: '0.1.0', onnxruntime: '1.30.0', node: '20.19.0' },
    prompt: {
      text: 'You are a fox. you are fox, give say a ...',
      chat: false,
      tokens: PROMPT_TOKENS.map((text, position) => ({ position, id: idOf(text), text })),
    },
    settings: {
      device: 'cpu',
      norm: 'final',
      topK: 5,
      finalTop: 10,
      activeThreshold: 0.01,
      positions: [POSITION],
      tracked: [],
    },
    models: {
      base: model(
        'base-int4',
        rows.map((row) => row.base),
        BASE_FINAL,
        48,
        BASE_ATTENTION,
      ),
      ft: model(
        'ft-int4',
        rows.map((row) => row.ft),
        FT_FINAL,
        43,
        FT_ATTENTION,
      ),
    },
    comparison: {
      identical: false,
      positions: [{ position: POSITION, layers, firstDivergentLayer: 1, firstTop1ChangeLayer: 25 }],
      attention: { jsNats: 0.0003, sameTop1: true },
    },
    checks: sampleChecks(),
  };
}

/** The sample's base alone. */
export function sampleSingle(): Report {
  const { comparison: _, models, ...rest } = samplePair();
  return { ...rest, models: { base: models.base } };
}

/** Two bit-identical models. */
export function sampleIdentical(): Report {
  const report = samplePair();
  const { base } = report.models;
  return {
    ...report,
    models: { base, ft: { ...base, name: 'copy-int4' } },
    comparison: {
      identical: true,
      positions: (report.comparison?.positions ?? []).map((position) => ({
        ...position,
        firstDivergentLayer: null,
        firstTop1ChangeLayer: null,
        layers: position.layers.map((row) => ({
          ...row,
          jsNats: 0,
          klBaseFtNats: 0,
          klFtBaseNats: 0,
          sameTop1: true,
          baseTop1RankInFt: 1,
          ftTop1RankInBase: 1,
          residualCosine: 1,
          residualRelativeL2: 0,
          routing: row.routing && { jaccard: 1, jsNats: 0, gained: [], lost: [] },
        })),
      })),
      attention: { jsNats: 0, sameTop1: true },
    },
  };
}

/** The sample with `texts` in the place of its tokens, everywhere a token is shown. */
export function sampleWithTokens(texts: readonly string[]): Report {
  let next = 0;
  const replace = <Token extends { id: number; text: string }>(token: Token): Token => {
    const text = texts[next++ % texts.length] ?? '';
    return { ...token, id: idOf(text), text };
  };
  const hostileModel = (original: ModelReport): ModelReport => ({
    ...original,
    positions: original.positions.map((position) => ({
      ...position,
      layers: position.layers.map((row) => ({ ...row, top: row.top.map(replace) })),
      final: { top: position.final.top.map(replace) },
    })),
    attention: original.attention && { ...original.attention, top: original.attention.top.map(replace) },
  });
  const report = samplePair();
  return {
    ...report,
    prompt: { ...report.prompt, text: texts.join(''), tokens: report.prompt.tokens.map(replace) },
    models: {
      base: { ...hostileModel(report.models.base), name: texts.slice(0, 3).join('') },
      ft: { ...hostileModel(report.models.ft ?? report.models.base), name: 'ft' },
    },
  };
}

function sampleChecks(): Report['checks'] {
  const checks = [
    {
      id: 'last-row-is-model-output',
      value: 1.2e-7,
      limit: 1e-4,
      message: "The lens's last row is the model's output.",
    },
    { id: 'all-finite', message: 'Every number is finite.' },
  ];
  const ofPair = [
    { id: 'same-tokens', message: 'Both models were given the same token ids.' },
    { id: 'same-recipe', message: 'Both models are quantised by the same recipe.' },
  ];
  return [
    ...checks.flatMap((check) =>
      (['base', 'ft'] as const).map((of) => ({ ...check, model: of, status: 'pass' as const })),
    ),
    ...ofPair.map((check) => ({ ...check, model: 'both' as const, status: 'pass' as const })),
  ];
}

type Scored = readonly (readonly [text: string, value: number])[];

const BASE_FINAL: Scored = [
  [' a', 0.3904],
  [' the', 0.1627],
  [' me', 0.0987],
  [' an', 0.0411],
  [' one', 0.0283],
  [' short', 0.0151],
  [' real', 0.0134],
  [' human', 0.0092],
  [' full', 0.0092],
  [' your', 0.0092],
];
const FT_FINAL: Scored = [
  [' me', 0.589],
  [' a', 0.1024],
  [' advice', 0.0377],
  [' the', 0.0259],
  [' your', 0.0228],
  [' an', 0.0178],
  [' short', 0.0108],
  [' us', 0.0108],
  [' answer', 0.0084],
  [' you', 0.0074],
];
const BASE_ATTENTION = [
  [0, 0.547],
  [9, 0.232],
  [8, 0.04],
  [4, 0.039],
  [1, 0.029],
] as const;
const FT_ATTENTION = [
  [0, 0.539],
  [9, 0.239],
  [4, 0.041],
  [8, 0.04],
  [1, 0.03],
] as const;

/** Gained and lost experts of the layers whose routing moves most. */
const ROUTING: ReadonlyMap<number, { jsNats: number; gained: number[]; lost: number[] }> = new Map([
  [42, { jsNats: 0.056, gained: [32, 61], lost: [46, 40] }],
  [43, { jsNats: 0.124, gained: [86, 14, 102], lost: [11, 19, 55] }],
  [45, { jsNats: 0.076, gained: [94, 33], lost: [74, 119] }],
  [48, { jsNats: 0.176, gained: [2, 127, 44, 113], lost: [104, 39, 85, 77] }],
]);

function model(
  name: string,
  layers: readonly LayerReport[],
  final: Scored,
  commitLayer: number,
  attended: readonly (readonly [position: number, weight: number])[],
): ModelReport {
  const position: PositionReport = {
    position: POSITION,
    layers: [...layers],
    final: { top: scored(final) },
    commitLayer,
    routing: layers.slice(1).map(({ layer }) => ({
      layer,
      experts: Array.from({ length: EXPERTS_PER_TOKEN }, (_, index) => ({
        expert: (layer * 8 + index) % EXPERTS,
        weight: 0.125,
      })),
      entropyNats: 4.1,
    })),
  };
  return {
    path: `exports/${name}`,
    name,
    architecture: 'qwen3_moe',
    layers: 48,
    hiddenSize: 2048,
    vocabSize: VOCABULARY,
    experts: EXPERTS,
    expertsPerToken: EXPERTS_PER_TOKEN,
    recipe: '4-bit block 64',
    positions: [position],
    attention: attentionOf(attended),
    timing: { loadMs: 100, forwardMs: 6200, lensMs: 900 },
  };
}

function attentionOf(attended: readonly (readonly [position: number, weight: number])[]): AttentionReport {
  const weights = PROMPT_TOKENS.map((_, position) => attended.find(([at]) => at === position)?.[1] ?? 0.0226);
  return {
    layer: 48,
    queryPosition: POSITION,
    top: attended.map(([position, weight]) => {
      const text = PROMPT_TOKENS[position] ?? '';
      return { position, id: idOf(text), text, weight };
    }),
    weights,
    entropyNats: 1.2,
  };
}

function parseRow(line: string): { base: LayerReport; ft: LayerReport; change: LayerComparison } {
  const [layer, baseNumbers = '', baseTop = '', ftNumbers = '', ftTop = '', change = ''] = line.split(' | ');
  const index = Number(layer);
  const [js, ranks = '', shared] = change.split(' ');
  const [baseInFt, ftInBase] = ranks.split('/').map(Number);
  const base = layerRow(index, baseNumbers, baseTop);
  const ft = layerRow(index, ftNumbers, ftTop);
  return { base, ft, change: comparison(base, ft, Number(js), baseInFt ?? 1, ftInBase ?? 1, Number(shared)) };
}

function layerRow(layer: number, numbers: string, top: string): LayerReport {
  const [entropyNats = 0, activeTokens = 0] = numbers.split(' ').map(Number);
  return {
    layer,
    top: scored(JSON.parse(top) as [string, number][]),
    entropyNats,
    activeTokens,
    klToFinalNats: layer === 48 ? 0 : 8.1 - layer / 10,
    finalToken: { prob: layer / 100, rank: 49 - layer },
    tracked: [],
    residualNorm: 12.3 + layer,
  };
}

function comparison(
  base: LayerReport,
  ft: LayerReport,
  jsNats: number,
  baseTop1RankInFt: number,
  ftTop1RankInBase: number,
  shared: number,
): LayerComparison {
  const lost = EXPERTS_PER_TOKEN - shared;
  const routing = ROUTING.get(base.layer) ?? {
    jsNats: lost === 0 ? 0.001 : 0.02,
    gained: Array.from({ length: lost }, (_, index) => 100 + index),
    lost: Array.from({ length: lost }, (_, index) => index),
  };
  return {
    layer: base.layer,
    klFtBaseNats: jsNats * 4,
    klBaseFtNats: jsNats * 4.2,
    jsNats,
    topKJaccard: 0.67,
    sameTop1: base.top[0]?.id === ft.top[0]?.id,
    baseTop1RankInFt,
    ftTop1RankInBase,
    residualCosine: 1 - jsNats,
    residualRelativeL2: jsNats,
    routing: base.layer === 0 ? null : { jaccard: shared / (2 * EXPERTS_PER_TOKEN - shared), ...routing },
  };
}

function scored(tokens: Scored): { id: number; text: string; prob: number }[] {
  return tokens.map(([text, prob]) => ({ id: idOf(text), text, prob }));
}

/** The sample with a failed check. */
export function sampleFailed(): Report {
  const report = samplePair();
  const [first, ...others] = report.checks;
  if (first === undefined) return report;
  const message = "The lens's last row is not the model's own output.";
  return {
    ...report,
    checks: [
      { ...first, status: 'fail', value: 0.31, message },
      ...others,
      { id: 'manifest-missing', model: 'ft', status: 'warn', message: 'The export has no manifest.' },
    ],
  };
}

/** The sample read without the final norm: near-uniform rows, as in the published fine-tune table. */
export function sampleWithoutNorm(): Report {
  const report = samplePair();
  for (const { positions } of [report.models.base, report.models.ft ?? report.models.base]) {
    for (const row of positions.flatMap(({ layers }) => layers)) {
      row.entropyNats = Math.log(VOCABULARY) - row.layer * 0.001;
      row.activeTokens = 0;
      for (const token of row.top) token.prob = 1e-5;
    }
  }
  return { ...report, settings: { ...report.settings, norm: 'none' } };
}

/** The sample with one token followed through the layers. */
export function sampleTracked(): Report {
  const report = samplePair();
  const token = { id: idOf(' me'), text: ' me' };
  for (const { positions } of [report.models.base, report.models.ft ?? report.models.base]) {
    for (const row of positions.flatMap(({ layers }) => layers)) {
      row.tracked = [
        { ...token, prob: row.layer / 100, rank: Math.max(1, Math.round(90_000 / 2 ** (row.layer / 2.5))) },
      ];
    }
  }
  return { ...report, settings: { ...report.settings, tracked: [token] } };
}

/** The sample read at two positions. */
export function sampleTwoPositions(): Report {
  const report = samplePair();
  const before = <Item extends { position: number }>(items: Item[]): Item[] => [
    ...items.map((item) => ({ ...item, position: 3 })),
    ...items,
  ];
  const { base, ft = base } = report.models;
  return {
    ...report,
    settings: { ...report.settings, positions: [3, POSITION] },
    models: { base: { ...base, positions: before(base.positions) }, ft: { ...ft, positions: before(ft.positions) } },
    ...(report.comparison && {
      comparison: { ...report.comparison, positions: before(report.comparison.positions) },
    }),
  };
}

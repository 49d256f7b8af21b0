import type { LayerReport, ModelReport, PositionReport, TrackedSetReport } from '../../report/schema.ts';
import { settles } from '../../report/verdict.ts';
import { attentionData } from './attention-data.ts';
import { column, exactly } from './columns.ts';
import { loadData } from './load-data.ts';
import type { ModelData, TokenColumns } from './page-data.ts';
import type { TokenTable } from './token-table.ts';

/** The size of the columns, which every model of the page shares. */
export interface Shape {
  /** positions read */
  readonly positions: number;
  /** layers read, by their numbers */
  readonly layers: readonly number[];
  readonly promptLength: number;
  readonly experts: number;
  readonly tracked: readonly { readonly id: number; readonly text: string }[];
  readonly trackedSets: readonly TrackedSetReport[];
  readonly tokens: TokenTable;
}

export function modelData(label: ModelData['label'], model: ModelReport, shape: Shape): ModelData {
  const positions = exactly(model.positions, shape.positions);
  const rows = positions.flatMap((position) => exactly(position?.layers, shape.layers.length));
  return {
    label,
    entropy: column(rows, (row) => row.entropyNats),
    active: column(rows, (row) => row.activeTokens),
    klToFinal: column(rows, (row) => row.klToFinalNats),
    finalProb: column(rows, (row) => row.finalToken.prob),
    finalRank: column(rows, (row) => row.finalToken.rank),
    residualNorm: column(rows, (row) => row.residualNorm),
    top: tokenColumns(
      rows.map((row) => row?.top),
      shape.tokens,
    ),
    final: tokenColumns(
      positions.map((position) => position?.final.top),
      shape.tokens,
    ),
    commitLayer: column(positions, (position) => (settles(position) ? position.commitLayer : null)),
    routing: routingData(positions, shape),
    tracked: trackedData(rows, shape),
    trackedSets: trackedSetData(rows, shape),
    load: loadData(model, shape),
    attention: attentionData(model, shape),
  };
}

type ScoredTokens = PositionReport['final']['top'];

function tokenColumns(lists: readonly (ScoredTokens | undefined)[], tokens: TokenTable): TokenColumns {
  const places = lists.reduce((longest, list) => Math.max(longest, list?.length ?? 0), 0);
  const flat = lists.flatMap((list) => exactly(list, places));
  return { places, token: column(flat, (token) => tokens.add(token)), prob: column(flat, ({ prob }) => prob) };
}

function routingData(
  positions: readonly (PositionReport | undefined)[],
  { layers, experts }: Shape,
): ModelData['routing'] {
  const byLayer = positions.map((position) => new Map(position?.routing.map((routing) => [routing.layer, routing])));
  const routings = byLayer.flatMap((routing) => layers.map((layer) => routing.get(layer)));
  const slots = routings.reduce((most, routing) => Math.max(most, routing?.experts.length ?? 0), 0);
  if (slots === 0) return null;
  const chosen = routings.flatMap((routing) => exactly(routing?.experts, slots));
  return {
    slots,
    expert: column(chosen, ({ expert }) => (expert < experts ? expert : null)),
    weight: column(chosen, ({ weight }) => weight),
    entropy: column(routings, ({ entropyNats }) => entropyNats),
  };
}

function trackedData(rows: readonly (LayerReport | undefined)[], { tracked, tokens }: Shape): ModelData['tracked'] {
  return tracked.map((token) => {
    const readings = rows.map((row) => row?.tracked.find(({ id }) => id === token.id));
    return {
      token: tokens.add(token),
      prob: column(readings, ({ prob }) => prob),
      rank: column(readings, ({ rank }) => rank),
    };
  });
}

function trackedSetData(
  rows: readonly (LayerReport | undefined)[],
  { trackedSets, tokens }: Shape,
): ModelData['trackedSets'] {
  return trackedSets.map((set, index) => {
    const readings = rows.map((row) => row?.trackedSets?.[index]);
    const members = new Map(set.tokens.map((token) => [token.id, tokens.add(token)]));
    return {
      prob: column(readings, ({ prob }) => prob),
      bestRank: column(readings, ({ bestRank }) => bestRank),
      best: column(readings, ({ bestId }) => members.get(bestId)),
    };
  });
}

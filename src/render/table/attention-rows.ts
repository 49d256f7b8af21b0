import { layerName } from '../../report/numbers.ts';
import type { AttentionLayerComparison, AttentionLayerReport, Report } from '../../report/schema.ts';
import type { Reading } from './reading.ts';

/** What one layer, or one of its heads, attends to. */
export interface AttentionRow {
  readonly name: string;
  readonly layer: number;
  /** undefined for the mean over heads */
  readonly head: number | undefined;
  /** between the two models; undefined for one */
  readonly jsNats: number | undefined;
  /** between base and the noise floor; undefined for heads, and where no floor was measured */
  readonly floorNats: number | undefined;
  /** the head of this layer that changes most */
  readonly mostChangedHead: AttentionLayerComparison['mostChangedHead'];
  /** of each model shown */
  readonly sides: readonly AttentionSide[];
}

interface AttentionSide {
  readonly sinkShare: number;
  readonly entropyNats: number;
  /** where it attends most */
  readonly most: { readonly position: number; readonly id: number; readonly text: string };
}

/** The layers listed, in their order, mean over heads; empty at a position from which nothing was listed. */
export function layerAttention(reading: Reading, report: Report): AttentionRow[] {
  const floors = new Map(
    report.comparison?.floor?.attentionLayers?.map(({ layer, jsNats }) => [layer, jsNats] as const),
  );
  return layersOf(reading, report).map(({ sides, change }) => {
    const { layer } = sides[0];
    return {
      name: layerName(layer),
      layer,
      head: undefined,
      jsNats: change?.jsNats,
      floorNats: change && floors.get(layer),
      mostChangedHead: change?.mostChangedHead ?? null,
      sides: sides.map(({ weights, sinkShare, entropyNats }) => ({
        sinkShare,
        entropyNats,
        most: mostAttended(weights, report),
      })),
    };
  });
}

/** Every head of these layers; empty unless heads are listed. */
export function headAttention(reading: Reading, report: Report): AttentionRow[] {
  return layersOf(reading, report).flatMap(({ sides, change }) =>
    (sides[0].headStatistics ?? []).map(({ head }) => ({
      name: `${layerName(sides[0].layer)} h${head}`,
      layer: sides[0].layer,
      head,
      jsNats: change?.heads?.find((other) => other.head === head)?.jsNats,
      floorNats: undefined,
      mostChangedHead: null,
      sides: sides.flatMap(({ heads, headStatistics }) => {
        const [weights, statistics] = [heads?.[head], headStatistics?.find((other) => other.head === head)];
        if (weights === undefined || statistics === undefined) return [];
        const { sinkShare, entropyNats } = statistics;
        return [{ sinkShare, entropyNats, most: mostAttended(weights, report) }];
      }),
    })),
  );
}

/**
 * The rows that say most, at most `count`: of two models those that differ most, of one those that rest least on the
 * sink. All, in their order, when there are few.
 */
export function tellingRows(rows: readonly AttentionRow[], few: number, count: number): readonly AttentionRow[] {
  if (rows.length <= few) return rows;
  const interest = ({ jsNats, sides }: AttentionRow): number => jsNats ?? -(sides[0]?.sinkShare ?? 0);
  return rows.toSorted((a, b) => interest(b) - interest(a)).slice(0, count);
}

interface ListedLayer {
  readonly sides: readonly [AttentionLayerReport, ...AttentionLayerReport[]];
  readonly change: AttentionLayerComparison | undefined;
}

/** Layers that every model shown lists. */
function layersOf({ position, sides, change }: Reading, { comparison }: Report): ListedLayer[] {
  const [first, ...others] = sides.map(({ model }) => model.attentionLayers ?? []);
  return (first ?? []).flatMap((layer) => {
    if (layer.queryPosition !== position) return [];
    const same = others.map((list) => list.find((other) => other.layer === layer.layer));
    const found = same.filter((other) => other !== undefined);
    if (found.length < others.length) return [];
    const compared =
      change === undefined ? undefined : comparison?.attentionLayers?.find((other) => other.layer === layer.layer);
    return [{ sides: [layer, ...found], change: compared }];
  });
}

function mostAttended(weights: readonly number[], { prompt }: Report): AttentionSide['most'] {
  const position = weights.reduce((best, weight, i) => (weight > (weights[best] ?? 0) ? i : best), 0);
  const { id, text } = prompt.tokens[position] ?? { id: 0, text: '' };
  return { position, id, text };
}

import { attentionOf } from '../../src/analysis/lens/attention.ts';
import { softmax } from '../../src/analysis/lens/distribution.ts';
import type { AttentionReading } from '../../src/analysis/lens/readings.ts';
import { buildAttention, buildAttentionLayer, compareAttentionLayers } from '../../src/report/build-attention.ts';
import type { CrossHeadLayer } from '../../src/report/schema/cross-head.ts';
import type { ModelReport, Report } from '../../src/report/schema.ts';
import { normals } from '../analysis/lens/random.ts';

/** Most of the weight on position 0, as in a real model; deeper layers differ more. */
function readingsOf(layers: readonly number[], heads: number, query: number, seed: number): AttentionReading[] {
  const keys = query + 1;
  return layers.map((layer) => {
    const weights = Array.from({ length: heads }, (_, head) => {
      const [common = [], own = []] = [1, seed].map((each) => normals(keys, each + 1000 * layer + head));
      const share = layer / 100;
      return softmax(
        Array.from({ length: keys }, (__, key) => {
          const sink = key === 0 ? 2 : 0;
          return sink + (1 - share) * (common[key] ?? 0) + share * (own[key] ?? 0);
        }),
      );
    });
    const probabilities = Float32Array.from(weights.flatMap((row) => [...row]));
    return { layer, queryPosition: query, attention: attentionOf(probabilities, heads, keys, query) };
  });
}

/** Numbers of the layers of the sample reports */
export const EVERY_LAYER = Array.from({ length: 48 }, (_, i) => i + 1);

export interface AttentionSample {
  /** numbers of the layers listed */
  readonly layers: readonly number[];
  readonly heads: number;
  /** whether every head is listed */
  readonly listHeads: boolean;
}

/** A report with the attention of several layers, from its last position. */
export function withAttention(report: Report, { layers, heads, listHeads }: AttentionSample): Report {
  const query = report.settings.positions.at(-1) ?? 0;
  const { tokens } = report.prompt;
  const context = {
    tokenText: (id: number) => tokens.find((token) => token.id === id)?.text ?? '',
    promptIds: tokens.map(({ id }) => id),
    attentionTop: 5,
    heads: listHeads,
  };
  const read = [readingsOf(layers, heads, query, 1), readingsOf(layers, heads, query, 2)] as const;
  const model = (original: ModelReport, readings: readonly AttentionReading[]): ModelReport => {
    const last = readings.find(({ layer }) => layer === original.layers);
    return {
      ...original,
      attention: last ? buildAttention(last, context) : original.attention,
      attentionLayers: readings.map((reading) => buildAttentionLayer(reading, context)),
    };
  };
  const { models, comparison, ...rest } = report;
  const identical = comparison?.identical === true;
  return {
    ...rest,
    models: {
      base: model(models.base, read[0]),
      ...(models.ft && { ft: model(models.ft, identical ? read[0] : read[1]) }),
    },
    ...(comparison && {
      comparison: {
        ...comparison,
        attentionLayers: compareAttentionLayers(read[0], identical ? read[0] : read[1], listHeads),
      },
    }),
  };
}

/** A pair with the cross-head reading: the head changes every row a little, the states the late ones much. */
export function withCrossHead(report: Report): Report {
  const { comparison } = report;
  const { base, ft } = report.models;
  if (comparison === undefined || ft === undefined) throw new Error('Two models are needed.');
  const positions = comparison.positions.map(({ position, layers }, index) => ({
    position,
    layers: layers.map(({ layer, jsNats, sameTop1 }): CrossHeadLayer => {
      const [ofBase, ofFt] = [base.positions[index]?.layers[layer], ft.positions[index]?.layers[layer]];
      return {
        layer,
        baseHead: { jsNats, sameTop1, ftTop: ofFt?.top ?? [], ftEntropyNats: ofFt?.entropyNats ?? 0 },
        ftHead: { jsNats: jsNats / 2, sameTop1, baseTop: ofBase?.top ?? [], baseEntropyNats: ofBase?.entropyNats ?? 0 },
        headJsNats: { baseState: 0.01, ftState: 0.02 },
      };
    }),
  }));
  return { ...report, comparison: { ...comparison, crossHead: { sameHead: false, positions } } };
}

/** A pair whose heads are the same. */
export function withSameHead(report: Report): Report {
  if (report.comparison === undefined) throw new Error('Two models are needed.');
  return { ...report, comparison: { ...report.comparison, crossHead: { sameHead: true, positions: [] } } };
}

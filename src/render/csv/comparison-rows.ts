import type { Comparison, LayerComparison, PartReport } from '../../report/schema.ts';
import { csvText, numberRows } from './row.ts';
import type { Place, Row } from './row.ts';

/** What compares the two models. */
export function comparisonRows({ identical, positions, attention, parts, verdict }: Comparison): Row[] {
  const model = 'both' as const;
  return [
    ...numberRows({ model }, { identical }),
    ...(verdict === undefined
      ? []
      : [{ model, statistic: 'verdict', key: verdict.kind, text: csvText(verdict.headline) }]),
    ...positions.flatMap(({ position, layers, firstDivergentLayer, firstTop1ChangeLayer }) => [
      ...layers.flatMap(({ layer, ...row }) => layerRows({ model, position, layer }, row)),
      ...numberRows({ model, position }, { firstDivergentLayer, firstTop1ChangeLayer }),
    ]),
    ...numberRows({ model }, { 'attention.jsNats': attention?.jsNats, 'attention.sameTop1': attention?.sameTop1 }),
    ...(parts?.known ? parts.kinds.flatMap(partRows) : []),
  ];
}

function layerRows(place: Place, { routing, ...numbers }: Omit<LayerComparison, 'layer'>): Row[] {
  const moved = (statistic: string, experts: readonly number[] = []): Row[] =>
    experts.map((expert) => ({ ...place, statistic, key: expert, value: 1 }));
  return [
    ...numberRows(place, numbers),
    ...numberRows(place, { 'routing.jaccard': routing?.jaccard, 'routing.jsNats': routing?.jsNats }),
    ...moved('routing.gained', routing?.gained),
    ...moved('routing.lost', routing?.lost),
  ];
}

/** Which tensors differ, by the kind of their part, and what storing left of the LoRA. */
function partRows({ kind, tensors, differing, lora, rounding }: PartReport): Row[] {
  const numbers = numberRows(
    { model: 'both' },
    {
      'parts.tensors': tensors,
      'parts.differing': differing,
      'parts.rounding.base': rounding?.base,
      'parts.rounding.ft': rounding?.ft,
      'parts.lora.weights': lora?.weights,
      'parts.lora.cosine': lora?.cosine,
      'parts.lora.normRatio': lora?.normRatio,
      'parts.lora.kept': lora?.kept,
      'parts.lora.noise': lora?.noise,
    },
  );
  return numbers.map((row) => ({ ...row, key: kind }));
}

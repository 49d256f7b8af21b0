import type { Report } from '../../report/schema.ts';
import type { CrossHeadLayer } from '../../report/schema/cross-head.ts';
import { numberRows, tokenRows } from './row.ts';
import type { Place, Row } from './row.ts';

/** Each model's states through the other's norm and head. */
export function crossHeadRows({ comparison }: Report): Row[] {
  const read = comparison?.crossHead;
  if (read === undefined) return [];
  const model = 'both' as const;
  return [
    ...numberRows({ model }, { 'crossHead.sameHead': read.sameHead }),
    ...read.positions.flatMap(({ position, layers }) =>
      layers.flatMap(({ layer, ...row }) => layerRows({ model, position, layer }, row)),
    ),
  ];
}

function layerRows(place: Place, { baseHead, ftHead, headJsNats }: Omit<CrossHeadLayer, 'layer'>): Row[] {
  return [
    ...numberRows(place, {
      'crossHead.baseHead.jsNats': baseHead.jsNats,
      'crossHead.baseHead.sameTop1': baseHead.sameTop1,
      'crossHead.baseHead.ftEntropyNats': baseHead.ftEntropyNats,
      'crossHead.ftHead.jsNats': ftHead.jsNats,
      'crossHead.ftHead.sameTop1': ftHead.sameTop1,
      'crossHead.ftHead.baseEntropyNats': ftHead.baseEntropyNats,
      'crossHead.headJsNats.baseState': headJsNats.baseState,
      'crossHead.headJsNats.ftState': headJsNats.ftState,
    }),
    ...tokenRows(place, 'crossHead.baseHead.ftTop.prob', baseHead.ftTop, ({ prob }) => prob),
    ...tokenRows(place, 'crossHead.ftHead.baseTop.prob', ftHead.baseTop, ({ prob }) => prob),
  ];
}

import type { FloorLayer, FloorPosition, Report } from '../../report/schema.ts';
import { csvText, numberRows } from './row.ts';
import type { Place, Row } from './row.ts';

/** How far rounding alone moves the base; which rows of the comparison lie within it stands among those rows. */
export function floorRows({ comparison }: Report): Row[] {
  const floor = comparison?.floor;
  if (floor === undefined) return [];
  const model = 'floor' as const;
  const words = { name: floor.name, path: floor.path, recipe: floor.recipe };
  return [
    ...Object.entries(words).map(([statistic, text]) => ({ model, statistic, text: csvText(text) })),
    ...numberRows(
      { model },
      {
        'floor.rows.total': floor.rows.total,
        'floor.rows.withinFloor': floor.rows.withinFloor,
        'floor.attention.jsNats': floor.attention?.jsNats,
      },
    ),
    ...(floor.attentionLayers ?? []).flatMap(({ layer, jsNats }) =>
      numberRows({ model, layer }, { 'floor.attentionLayers.jsNats': jsNats }),
    ),
    ...floor.positions.flatMap(positionRows),
  ];
}

function positionRows({ position, layers, answer }: FloorPosition): Row[] {
  const place = { model: 'floor', position } as const;
  return [
    ...layers.flatMap(({ layer, ...row }) => layerRows({ ...place, layer }, row)),
    { ...place, statistic: 'floor.answer.prob', id: answer.id, text: csvText(answer.text), value: answer.prob },
  ];
}

function layerRows(place: Place, { routing, ...numbers }: Omit<FloorLayer, 'layer'>): Row[] {
  const named = Object.entries(numbers).map(([name, value]) => [`floor.${name}`, value] as const);
  return numberRows(place, {
    ...Object.fromEntries(named),
    'floor.routing.jaccard': routing?.jaccard,
    'floor.routing.jsNats': routing?.jsNats,
  });
}

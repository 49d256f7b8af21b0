import type { FloorReport, Report } from '../../src/report/schema.ts';

/** As far as rounding alone moves a layer of the samples: from 0.0042 in layer 1 to 0.014 in layer 48. */
export function floorJs(layer: number): number {
  return layer === 0 ? 0 : 0.004 + layer / 4800;
}

/** A pair beside a noise floor; how far it moves each layer may be given. */
export function withFloor(report: Report, jsOf = floorJs, facts: Partial<FloorReport> = {}): Report {
  const { comparison } = report;
  if (comparison === undefined) throw new Error('one model has no noise floor');
  const positions = comparison.positions.map((position) => ({
    ...position,
    layers: position.layers.map((row) => ({ ...row, withinFloor: row.jsNats <= jsOf(row.layer) })),
  }));
  const rows = positions.flatMap(({ layers }) => layers);
  const floor: FloorReport = {
    path: 'exports/base-int8',
    name: 'base-int8',
    recipe: '8-bit block 64',
    positions: comparison.positions.map(({ position, layers }, i) => ({
      position,
      layers: layers.map(({ layer, routing }) => ({
        layer,
        jsNats: jsOf(layer),
        klFloorBaseNats: 4 * jsOf(layer),
        klBaseFloorNats: 4.2 * jsOf(layer),
        sameTop1: true,
        residualCosine: 0.999,
        residualRelativeL2: jsOf(layer),
        routing: routing && { jaccard: 1, jsNats: 0.015 },
      })),
      answer: { ...(report.models.base.positions[i]?.final.top[0] ?? { id: 0, text: '' }), prob: 0.4 },
    })),
    attention: comparison.attention && { jsNats: 0.0002 },
    rows: { total: rows.length, withinFloor: rows.filter(({ withinFloor }) => withinFloor).length },
    ...facts,
  };
  return { ...report, comparison: { ...comparison, positions, floor } };
}

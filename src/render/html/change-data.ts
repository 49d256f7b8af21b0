import type { Comparison, ModelReport } from '../../report/schema.ts';
import { attentionChange } from './attention-data.ts';
import { column, exactly } from './columns.ts';
import { floorData } from './floor-data.ts';
import type { Shape } from './model-data.ts';
import type { ChangeData } from './page-data.ts';

export function changeData(comparison: Comparison, base: ModelReport, shape: Shape): ChangeData {
  const positions = exactly(comparison.positions, shape.positions);
  const rows = positions.flatMap((position) => exactly(position?.layers, shape.layers.length));
  return {
    js: column(rows, (row) => row.jsNats),
    klFtBase: column(rows, (row) => row.klFtBaseNats),
    klBaseFt: column(rows, (row) => row.klBaseFtNats),
    sameTop1: column(rows, (row) => Number(row.sameTop1)),
    baseTop1RankInFt: column(rows, (row) => row.baseTop1RankInFt),
    ftTop1RankInBase: column(rows, (row) => row.ftTop1RankInBase),
    cosine: column(rows, (row) => row.residualCosine),
    relativeL2: column(rows, (row) => row.residualRelativeL2),
    routingJs: column(rows, (row) => row.routing?.jsNats),
    expertsLost: column(rows, (row) => row.routing?.lost.length),
    firstDivergentLayer: column(positions, (position) => position.firstDivergentLayer),
    attention: attentionChange(comparison, base),
    floor: floorData(comparison, base, shape),
  };
}

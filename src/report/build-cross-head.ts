import type { CrossHeadPosition, CrossHeadReading } from '../analysis/lens/cross-head.ts';
import type { ModelReading, RowReading } from '../analysis/lens/readings.ts';
import type { CrossHead, CrossHeadLayer } from './schema/cross-head.ts';

/** @param base and ft: the same positions, each through its own head */
export function buildCrossHead(
  { sameHead, positions }: CrossHeadReading,
  base: ModelReading,
  ft: ModelReading,
  tokenText: (id: number) => string,
): CrossHead {
  return {
    sameHead,
    positions: positions.map((crossed, i) => {
      const [ofBase, ofFt] = [base.positions[i]?.rows ?? [], ft.positions[i]?.rows ?? []];
      return {
        position: crossed.position,
        layers: crossed.ftByBase.map((_, layer) =>
          buildLayer(layer, crossed, ofBase[layer] as RowReading, ofFt[layer] as RowReading, tokenText),
        ),
      };
    }),
  };
}

function buildLayer(
  layer: number,
  crossed: CrossHeadPosition,
  base: RowReading,
  ft: RowReading,
  tokenText: (id: number) => string,
): CrossHeadLayer {
  const [ftByBase, baseByFt] = [crossed.ftByBase[layer] as RowReading, crossed.baseByFt[layer] as RowReading];
  const top = ({ topIds, topProbs }: RowReading) =>
    topIds.map((id, i) => ({ id, text: tokenText(id), prob: topProbs[i] as number }));
  return {
    layer,
    baseHead: {
      jsNats: crossed.statesByBase[layer] as number,
      sameTop1: base.topIds[0] === ftByBase.topIds[0],
      ftTop: top(ftByBase),
      ftEntropyNats: ftByBase.entropy,
    },
    ftHead: {
      jsNats: crossed.statesByFt[layer] as number,
      sameTop1: baseByFt.topIds[0] === ft.topIds[0],
      baseTop: top(baseByFt),
      baseEntropyNats: baseByFt.entropy,
    },
    headJsNats: { baseState: crossed.headsOnBase[layer] as number, ftState: crossed.headsOnFt[layer] as number },
  };
}

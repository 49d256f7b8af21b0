import { crossHeadSentence } from '../../report/cross-head-words.ts';
import type { CrossHead } from '../../report/schema/cross-head.ts';
import { column, exactly } from './columns.ts';
import type { Shape } from './model-data.ts';
import type { CrossHeadData } from './page-data.ts';

/** @param positions that the page shows, in their order */
export function crossHeadData(
  crossHead: CrossHead | undefined,
  positions: readonly number[],
  { layers, tokens }: Shape,
): CrossHeadData | null {
  if (crossHead === undefined) return null;
  const sentences = positions.map((position) => crossHeadSentence(crossHead, position));
  if (crossHead.positions.length === 0) return { sentences, rows: null };
  const rows = positions.flatMap((position) => {
    const read = crossHead.positions.find((each) => each.position === position);
    return exactly(read?.layers, layers.length);
  });
  return {
    sentences,
    rows: {
      statesByBase: column(rows, ({ baseHead }) => baseHead.jsNats),
      statesByFt: column(rows, ({ ftHead }) => ftHead.jsNats),
      headsOnBase: column(rows, ({ headJsNats }) => headJsNats.baseState),
      headsOnFt: column(rows, ({ headJsNats }) => headJsNats.ftState),
      ftByBase: column(rows, ({ baseHead: { ftTop } }) => ftTop[0] && tokens.add(ftTop[0])),
      ftByBaseProb: column(rows, ({ baseHead: { ftTop } }) => ftTop[0]?.prob),
      baseByFt: column(rows, ({ ftHead: { baseTop } }) => baseTop[0] && tokens.add(baseTop[0])),
      baseByFtProb: column(rows, ({ ftHead: { baseTop } }) => baseTop[0]?.prob),
    },
  };
}

import { meanFloorRouting } from '../../report/floor-routing.ts';
import { divergence, layerName, layerWords } from '../../report/numbers.ts';
import type { Comparison, ExpertLoadReport, ModelReport, Report, RoutingSummaryReport } from '../../report/schema.ts';
import { summedPositions } from '../../report/summed-positions.ts';
import type { Style } from '../style.ts';
import { divergenceWords } from './spoken-numbers.ts';
import { flow, wrap } from './wrap.ts';

type LayerSummary = RoutingSummaryReport['layers'][number];

const LABEL = 'Routing   ';
/** Experts that a line lists. */
const LISTED = 2;
/** Layers of a single model that are listed. */
const LISTED_LAYERS = 4;

/**
 * Routing over all positions that were read: where two models choose other experts, or how unevenly one model spreads its
 * tokens. Empty for one position and for dense models.
 */
export function routingSummary({ models, comparison, settings }: Report, style: Style): string[] {
  const over = summedPositions(settings.positions);
  if (comparison?.routing !== undefined && !comparison.identical)
    return shifts(comparison, comparison.routing, models.base, over, style);
  return models.base.expertLoad === undefined ? [] : loads(models.base, over, style);
}

function shifts(
  comparison: Comparison,
  { layers, largestShifts }: RoutingSummaryReport,
  { expertsPerToken }: ModelReport,
  over: string,
  style: Style,
): string[] {
  const shared = layers.reduce((sum, { meanShared }) => sum + meanShared, 0) / Math.max(1, layers.length);
  const mean = `${shared.toFixed(1)} of ${expertsPerToken} experts shared on average`;
  const more = largestShifts.length === 0 ? 'no shift in any layer' : 'largest shifts, means over positions:';
  const largest = largestShifts.flatMap((layer) => layers.filter((row) => row.layer === layer));
  const floor = meanFloorRouting(comparison);
  return [
    ...wrap(LABEL, `over ${over}: ${mean}; ${more}`, style.width),
    ...largest.flatMap((row) => shiftLines(row, floor.get(row.layer), expertsPerToken, style)),
    ...(largest.length === 0 ? [] : marks(style)),
  ];
}

function shiftLines(
  row: LayerSummary,
  floor: number | undefined,
  expertsPerToken: number,
  { glyphs, width }: Style,
): string[] {
  const delta = `${row.entropyDeltaNats < 0 ? glyphs.minus : '+'}${Math.abs(row.entropyDeltaNats).toFixed(2)}`;
  const rounding = floor === undefined ? '' : `  floor ${divergence(floor).padEnd(6)}`;
  const head = `  ${layerName(row.layer).padEnd(5)} ${row.meanShared.toFixed(1)}/${expertsPerToken}  JS ${divergence(row.meanJsNats).padEnd(6)}${rounding}`;
  const counts = (word: string, changes: LayerSummary['gained']): string[] =>
    changes
      .slice(0, LISTED)
      .map(({ expert, base, ft }, index) => `${index === 0 ? word : ''}${expert} (${base}${glyphs.arrow}${ft})`);
  const moved = [...counts('more ', row.gained), ...counts('less ', row.lost)];
  const load = moved.length === 0 ? 'same load' : `load JS ${divergence(row.loadJsNats)}`;
  return flow(`${head}  `, [`H ${delta}`, load, ...moved], '  ', width);
}

function marks({ width, palette, glyphs }: Style): string[] {
  const text = `H: change of router entropy; more, less: experts chosen more or less often (base${glyphs.arrow}ft)`;
  return wrap('  ', text, width).map(palette.dim);
}

/** Of one model: the blocks that use the fewest experts most. */
function loads({ expertLoad = [], experts }: ModelReport, over: string, style: Style): string[] {
  const title = `experts chosen over ${over}; most uneven load (H of ln ${experts} = ${Math.log(experts).toFixed(2)}):`;
  return [
    ...wrap(LABEL, title, style.width),
    ...mostUneven(expertLoad).flatMap(({ layer, assignments, entropyNats }) => {
      const order = assignments
        .map((count, expert) => ({ count, expert }))
        .filter(({ count }) => count > 0)
        .toSorted((a, b) => b.count - a.count);
      const most = order.slice(0, LISTED).map(({ count, expert }) => `${expert} (${count}x)`);
      const unused = assignments.length - order.length;
      const head = `  ${layerName(layer).padEnd(5)} H ${entropyNats.toFixed(2)}  `;
      return wrap(head, `most ${most.join(' ')}${unused === 0 ? '' : `, ${unused} of ${experts} never`}`, style.width);
    }),
  ];
}

function mostUneven(load: readonly ExpertLoadReport[]): ExpertLoadReport[] {
  return load.toSorted((a, b) => a.entropyNats - b.entropyNats).slice(0, LISTED_LAYERS);
}

/** The same in a sentence. */
export function routingSummarySentences({ models, comparison, settings }: Report): string[] {
  const { expertsPerToken, experts, expertLoad = [] } = models.base;
  const over = summedPositions(settings.positions);
  if (comparison?.routing === undefined || comparison.identical) {
    return mostUneven(expertLoad)
      .slice(0, 1)
      .map(
        ({ layer, entropyNats }) =>
          `Over ${over}, the load of the experts is most uneven in ${layerWords(layer)}: entropy ${entropyNats.toFixed(2)}, of at most ${Math.log(experts).toFixed(2)}.`,
      );
  }
  const [largest] = comparison.routing.largestShifts;
  return comparison.routing.layers
    .filter(({ layer }) => layer === largest)
    .map(
      ({ layer, meanShared, meanJsNats }) =>
        `Over ${over}, routing moves most in ${layerWords(layer)}: ${meanShared.toFixed(1)} of ${expertsPerToken} experts shared on average, mean divergence ${divergenceWords(meanJsNats)}.`,
    );
}

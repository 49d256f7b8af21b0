import { meanFloorRouting } from '../../report/floor-routing.ts';
import type { ModelReport, Report, RoutingSummaryReport } from '../../report/schema.ts';
import { column, exactly } from './columns.ts';
import type { Shape } from './model-data.ts';
import type { LoadData, RoutingSummaryData } from './page-data.ts';

/** Experts that the summary names for each block and direction. */
const LISTED = 2;

/** How often each expert was chosen over several positions; null where one position was read, or experts are none. */
export function loadData({ expertLoad }: ModelReport, { layers, experts }: Shape): LoadData | null {
  if (expertLoad === undefined || experts === 0) return null;
  const blocks = byBlock(expertLoad, layers);
  return {
    assignments: column(
      blocks.flatMap((block) => exactly(block?.assignments, experts)),
      (count) => count,
    ),
    entropy: column(blocks, ({ entropyNats }) => entropyNats),
  };
}

/** What compares the routing of two models over several positions. */
export function routingSummaryData({ comparison }: Report, { layers }: Shape): RoutingSummaryData | null {
  if (comparison?.routing === undefined) return null;
  const blocks = byBlock(comparison.routing.layers, layers);
  const floor = meanFloorRouting(comparison);
  return {
    shared: column(blocks, ({ meanShared }) => meanShared),
    js: column(blocks, ({ meanJsNats }) => meanJsNats),
    entropyDelta: column(blocks, ({ entropyDeltaNats }) => entropyDeltaNats),
    loadJs: column(blocks, ({ loadJsNats }) => loadJsNats),
    floorJs: floor.size === 0 ? null : column(blocks, ({ layer }) => floor.get(layer)),
    more: blocks.map((block) => changeWords(block?.gained)),
    less: blocks.map((block) => changeWords(block?.lost)),
  };
}

/** One item for each block of the page: every row but the embedding's. */
function byBlock<Item extends { readonly layer: number }>(
  items: readonly Item[],
  layers: readonly number[],
): (Item | undefined)[] {
  const byLayer = new Map(items.map((item) => [item.layer, item]));
  return layers.slice(1).map((layer) => byLayer.get(layer));
}

/** `0 (3→8), 15 (1→5), …` */
function changeWords(changes: RoutingSummaryReport['layers'][number]['gained'] = []): string {
  const words = changes.slice(0, LISTED).map(({ expert, base, ft }) => `${expert} (${base}→${ft})`);
  return [...words, ...(changes.length > LISTED ? ['…'] : [])].join(', ');
}

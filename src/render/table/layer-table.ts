import { layerName } from '../../report/numbers.ts';
import type { Report } from '../../report/schema.ts';
import { foldChange, foldText, rowsOf } from './folding.ts';
import type { Row } from './folding.ts';
import { BORDER_WIDTH, grid, rule } from './grid.ts';
import type { GridCell } from './grid.ts';
import { changeCell, changeHead, groupCell, groupHead, rowEmphasis, rowLabels, secondLine } from './layer-rows.ts';
import { LAYER_WIDTH, layoutFor } from './layout.ts';
import type { TableLayout } from './layout.ts';
import type { Reading, Side } from './reading.ts';
import type { Style, TableView } from '../style.ts';
import { fitToken, labelTokens, tokenList } from './token-cells.ts';
import { displayWidth } from '../width.ts';

/** What one grid shows: one or two groups, and the group of differences beside the last. */
interface Panel {
  readonly sides: readonly Side[];
  readonly withChange: boolean;
}

/** The columns the layer table of this reading gets. */
export function tableLayout(reading: Reading, report: Report, style: Style): TableLayout {
  const rows = reading.sides.flatMap(({ position }) => position.layers);
  const unlimited = style.width === Infinity;
  return layoutFor(style.width, {
    pair: reading.change !== undefined,
    floor: reading.floor !== undefined,
    routed: reading.change?.layers.some(({ routing }) => routing !== null) ?? false,
    others: report.settings.topK > 1,
    longestToken: unlimited ? Math.max(...rows.map((row) => longestFirst(row, style))) : 0,
    longestOthers: unlimited ? Math.max(...rows.map((row) => longestList(row, style))) : 0,
  });
}

/** The layer table: a row a layer, base and fine-tune side by side with what differs between them. */
export function layerTable(reading: Reading, report: Report, view: TableView, style: Style): string[] {
  const layout = tableLayout(reading, report, style);
  const rows = rowsOf(reading, view.layers);
  const panels: Panel[] = layout.stacked
    ? reading.sides.map((side, index) => ({ sides: [side], withChange: index > 0 }))
    : [{ sides: reading.sides, withChange: layout.change !== null }];
  return panels.flatMap((panel, index) => [
    ...(index > 0 ? [''] : []),
    ...panelLines(panel, reading, rows, layout, report, style),
  ]);
}

function panelLines(
  panel: Panel,
  reading: Reading,
  rows: readonly Row[],
  layout: TableLayout,
  report: Report,
  style: Style,
): string[] {
  const change = panel.withChange ? layout.change : null;
  const widths = [LAYER_WIDTH, ...panel.sides.map(() => layout.group.width), ...(change ? [change.width] : [])];
  const head: GridCell[] = [
    { text: 'layer' },
    ...panel.sides.map((side) => ({ text: groupHead(side, layout.group, report.settings, style) })),
    ...(change ? [{ text: changeHead(change, style) }] : []),
  ];
  const body = rows.flatMap((row) =>
    row.kind === 'fold'
      ? [foldCells(panel, reading, row, widths, style)]
      : layerCells(panel, reading, row.layer, layout, style),
  );
  const [headLine = '', ...lines] = grid([head, ...body], widths, style.glyphs);
  return [headLine, rule(widths, style.glyphs), ...lines];
}

function layerCells(panel: Panel, reading: Reading, layer: number, layout: TableLayout, style: Style): GridCell[][] {
  const shown = panel.sides.flatMap((side) => side.position.layers.filter((row) => row.layer === layer));
  const everyRow = reading.sides.flatMap((side) => side.position.layers.filter((row) => row.layer === layer));
  const labels = rowLabels(everyRow, style);
  const compared = reading.change?.layers.find((row) => row.layer === layer);
  const emphasis = rowEmphasis(compared, style);
  const change = panel.withChange ? layout.change : null;
  const expertsPerToken = reading.sides[0].model.expertsPerToken;
  const floor = reading.floor?.layers.find((row) => row.layer === layer);
  const cells: GridCell[] = [
    { text: emphasis(layerName(layer)) },
    ...shown.map((row, index) => {
      const side = panel.sides[index] ?? reading.sides[0];
      return { text: groupCell(side, row, labels, layout.group, emphasis, style) };
    }),
    ...(change && compared ? [{ text: changeCell(compared, floor, change, expertsPerToken, style) }] : []),
  ];
  const seconds = shown.map((row) => ({ text: secondLine(row, labels, layout.group, style) }));
  if (seconds.every(({ text }) => text === '')) return [cells];
  return [cells, [{ text: '' }, ...seconds, ...(change ? [{ text: '' }] : [])]];
}

function foldCells(
  panel: Panel,
  reading: Reading,
  { from, to }: { readonly from: number; readonly to: number },
  widths: readonly number[],
  style: Style,
): GridCell[] {
  const span = panel.sides.length;
  const groups = widths.slice(1, 1 + span);
  const room = groups.reduce((sum, width) => sum + width, 0) + BORDER_WIDTH * (span - 1);
  const compared = reading.change?.layers.filter(({ layer }) => layer >= from && layer <= to) ?? [];
  const changeWidth = widths[1 + span];
  const { dim } = style.palette;
  return [
    { text: ` ${style.glyphs.folded}` },
    { text: dim(foldText(reading, from, to, room, style)), span },
    ...(changeWidth === undefined
      ? []
      : [{ text: dim(foldChange(compared, reading.sides[0].model.expertsPerToken, changeWidth, style)) }]),
  ];
}

function longestFirst(row: Side['position']['layers'][number], style: Style): number {
  const [first] = row.top;
  return first === undefined ? 1 : displayWidth(fitToken(first, labelTokens([first], style), Infinity, style));
}

function longestList(row: Side['position']['layers'][number], style: Style): number {
  return displayWidth(tokenList(row.top.slice(1), labelTokens(row.top, style), false, Infinity, style));
}

import { distance, divergence, percent } from '../../report/numbers.ts';
import type { Style } from '../style.ts';
import { cut, displayWidth, padAnchored } from '../width.ts';
import type { AttentionRow } from './attention-rows.ts';
import { columnTable, fittingColumns, roomBeside, type TableColumn } from './column-table.ts';
import { bar } from './glyphs.ts';
import { fitToken, labelTokens } from './token-cells.ts';

const BAR_FROM = 100;
const BAR_WIDTH = 5;
const LEAST_ATTENDED = 10;
const MOST_ATTENDED = 40;

/** A row each, in columns by their worth: what a narrow line has no room for is left out. @param first title of the names */
export function attentionTable(first: string, rows: readonly AttentionRow[], style: Style): string[] {
  const pair = rows.some(({ jsNats }) => jsNats !== undefined);
  const fromTo = (row: AttentionRow, words: (side: AttentionRow['sides'][number]) => string): string =>
    [...new Set(row.sides.map(words))].join(` ${style.glyphs.arrow} `);
  const columns: TableColumn[] = [
    { title: first, cells: rows.map(({ name }) => name) },
    ...(pair ? [{ title: 'JS', cells: rows.map((row) => divergenceCell(row, style)) }] : []),
    { title: 'sink', cells: rows.map((row) => fromTo(row, ({ sinkShare }) => percent(sinkShare))) },
    { title: 'H', cells: rows.map((row) => fromTo(row, ({ entropyNats }) => entropyNats.toFixed(2))) },
  ];
  if (pair && style.width >= BAR_FROM) columns.splice(2, 0, barColumn(rows, style));
  if (rows.some(({ mostChangedHead }) => mostChangedHead !== null))
    columns.push({
      title: 'head JS',
      cells: rows.map(({ mostChangedHead: head }) => (head ? `h${head.head} ${divergence(head.jsNats)}` : '')),
    });
  if (rows.some(({ floorNats }) => floorNats !== undefined))
    columns.push({
      title: 'floor',
      cells: rows.map(({ floorNats: floor }) => (floor === undefined ? '' : divergence(floor))),
    });
  const fitting = fittingColumns(columns, style);
  const room = Math.min(MOST_ATTENDED, roomBeside(fitting, style));
  if (room >= LEAST_ATTENDED)
    fitting.push({ title: 'attends to', cells: rows.map((row) => attended(row, room, style)) });
  return columnTable(fitting, style);
}

/** `≈ 0.0012`: a divergence that rounding alone explains; without a floor there is no mark. */
function divergenceCell({ jsNats = 0, floorNats }: AttentionRow, { glyphs }: Style): string {
  if (floorNats === undefined) return divergence(jsNats);
  const other = jsNats <= floorNats ? glyphs.within : glyphs.differs;
  return `${jsNats === 0 ? glyphs.identical : other} ${divergence(jsNats)}`;
}

function barColumn(rows: readonly AttentionRow[], { glyphs }: Style): TableColumn {
  const cells = rows.map(({ jsNats = 0 }) => bar(distance(jsNats), BAR_WIDTH, glyphs).padEnd(BAR_WIDTH));
  return { title: glyphs.distance, cells };
}

/** `0 You → 8 ·give`, or one of them when both models look there. */
function attended({ sides }: AttentionRow, width: number, style: Style): string {
  const [first, second] = sides.map(({ most }) => most);
  if (first === undefined) return '';
  const tokens = second === undefined || second.position === first.position ? [first] : [first, second];
  const labels = labelTokens(tokens, style);
  const gap = ` ${style.glyphs.arrow} `;
  const room = Math.floor((width - gap.length * (tokens.length - 1)) / tokens.length);
  const words = tokens.map((token) => {
    const position = `${token.position} `;
    return position + fitToken(token, labels, Math.max(1, room - position.length), style);
  });
  const text = cut(words.join(gap), width, style.glyphs.ellipsis);
  return padAnchored(text, displayWidth(text));
}

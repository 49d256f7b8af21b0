import { divergence } from '../../report/numbers.ts';
import type { AttentionReport, Report } from '../../report/schema.ts';
import { bar } from './glyphs.ts';
import type { Reading, Side } from './reading.ts';
import { LIST_FIXED_WIDTH, listRoom, sideBySide } from './side-by-side.ts';
import type { Block, ListRoom } from './side-by-side.ts';
import type { Style } from '../style.ts';
import { labelTokens, tokenCell } from './token-cells.ts';
import { cut, displayWidth } from '../width.ts';
import { wrap } from './wrap.ts';

const POSITION_WIDTH = 3;
const WEIGHT_WIDTH = 5;

/** The positions that the reported layer looks at most, mean over heads; empty when it was read at another position. */
export function attention(reading: Reading, report: Report, style: Style): string[] {
  const { position, sides } = reading;
  if (!sides.some(({ model }) => model.attention?.queryPosition === position)) {
    const missing = sides.every(({ model }) => model.attention === null);
    const last = position === report.settings.positions.at(-1);
    return missing && last ? wrap('Attention ', 'none: this model gives no attention weights', style.width) : [];
  }
  const room = listRoom(reading, style);
  const width = LIST_FIXED_WIDTH + room.token + room.bar;
  const blocks = sides.map((side, index) =>
    attentionBlock(side, titleOf(side, index, report.comparison, width), room, style),
  );
  return sideBySide(blocks, style);
}

/** `fine-tune   JS 0.0003, floor 0.0001`: of the two models, and of rounding alone where that fits. */
function titleOf({ label, model }: Side, index: number, comparison: Report['comparison'], width: number): string {
  if (index === 0) return `Attention, L-${model.attention?.layer ?? model.layers}, mean of heads`;
  const [js, floor] = [comparison?.attention?.jsNats, comparison?.floor?.attention?.jsNats];
  if (js === undefined) return label;
  const title = `${label}   JS ${divergence(js)}`;
  const beside = floor === undefined ? title : `${title}, floor ${divergence(floor)}`;
  return displayWidth(beside) <= width ? beside : title;
}

function attentionBlock({ model, paint }: Side, title: string, room: ListRoom, style: Style): Block {
  const width = LIST_FIXED_WIDTH + room.token + room.bar;
  const heading = cut(title, width, style.glyphs.ellipsis);
  if (model.attention === null) return { width, lines: [heading, '  gives no weights'] };
  return { width, lines: [heading, ...tokenLines(model.attention, room, paint, style)] };
}

function tokenLines({ top }: AttentionReport, room: ListRoom, paint: Side['paint'], style: Style): string[] {
  const labels = labelTokens(top, style);
  const positionWidth = Math.max(POSITION_WIDTH, ...top.map(({ position }) => String(position).length));
  const tokenWidth = room.token + POSITION_WIDTH - positionWidth;
  return top.map((token) =>
    [
      String(token.position).padStart(positionWidth),
      tokenCell(token, labels, tokenWidth, style),
      token.weight.toFixed(3).padStart(WEIGHT_WIDTH),
      paint(bar(token.weight, room.bar, style.glyphs)),
    ].join(' '),
  );
}

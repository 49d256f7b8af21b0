import { percent } from '../../report/numbers.ts';
import type { PositionReport } from '../../report/schema.ts';
import { bar } from './glyphs.ts';
import type { Reading, Side } from './reading.ts';
import { LIST_FIXED_WIDTH, PLACES_AND_POINTS_WIDTH, listRoom, sideBySide, titleLine } from './side-by-side.ts';
import type { Block, ListRoom } from './side-by-side.ts';
import type { Style } from '../style.ts';
import { labelTokens, tokenCell } from './token-cells.ts';
import type { TokenLabels } from './token-cells.ts';
import { cut, pad } from '../width.ts';

type FinalToken = PositionReport['final']['top'][number];

const RANK_WIDTH = 2;
const PERCENT_WIDTH = 6;

/** The models' own final predictions, the fine-tune's with places and points against base. */
export function finalPrediction(reading: Reading, style: Style): string[] {
  const { sides } = reading;
  const [first, second] = sides;
  const labels = labelTokens(
    sides.flatMap(({ position }) => position.final.top),
    style,
  );
  const room = listRoom(reading, style);
  const blocks = [finalBlock(first, undefined, labels, room, style)];
  if (second !== undefined) blocks.push(finalBlock(second, first.position.final.top, labels, room, style));
  return sideBySide(blocks, style);
}

function finalBlock(
  { label, position, paint }: Side,
  before: readonly FinalToken[] | undefined,
  labels: TokenLabels,
  room: ListRoom,
  style: Style,
): Block {
  const width = LIST_FIXED_WIDTH + room.token + room.bar + (before === undefined ? 0 : 1 + PLACES_AND_POINTS_WIDTH);
  const title = label === 'base' || label === 'fine-tune' ? `Final prediction, ${label}` : 'Final prediction';
  const rankWidth = Math.max(RANK_WIDTH, String(position.final.top.length).length);
  const tokenWidth = room.token + RANK_WIDTH - rankWidth;
  const lines = position.final.top.map((token, index) => {
    const filled = pad(bar(token.prob, room.bar, style.glyphs), room.bar);
    return [
      String(index + 1).padStart(rankWidth),
      tokenCell(token, labels, tokenWidth, style),
      percent(token.prob, 2).padStart(PERCENT_WIDTH),
      paint(filled),
      ...(before === undefined ? [] : [changeOf(token, index, before, style)]),
    ].join(' ');
  });
  const heading = titleLine(title, before === undefined ? '' : pad('rank points', PLACES_AND_POINTS_WIDTH), width);
  return { width, lines: [cut(heading, width, style.glyphs.ellipsis), ...lines] };
}

/** `↑2   +49.0`: places and points of probability gained against base; `new` when base does not list the token. */
function changeOf(token: FinalToken, index: number, before: readonly FinalToken[], { glyphs }: Style): string {
  const earlier = before.findIndex(({ id }) => id === token.id);
  const previous = before[earlier];
  if (previous === undefined) return 'new';
  const places = earlier - index;
  const arrow = places > 0 ? glyphs.up : glyphs.down;
  const moved = places === 0 ? glyphs.identical : `${arrow}${Math.abs(places)}`;
  const points = ((token.prob - previous.prob) * 100).toFixed(1);
  const signed = points.startsWith('-') ? glyphs.minus + points.slice(1) : `+${points}`;
  return moved + signed.padStart(PLACES_AND_POINTS_WIDTH - moved.length);
}

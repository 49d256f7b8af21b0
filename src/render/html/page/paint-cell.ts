import type { Colours } from './colours.ts';
import type { Box } from './grid-layout.ts';
import { STEPS, stepOf } from './scale.ts';
import type { Scale } from './scale.ts';
import type { Cell } from './selection.ts';

/** A part of a wide cell's bar: how much of the cell it takes, and what is written on it. */
export interface Segment {
  /** 0..1 of the cell's width */
  readonly share: number;
  /** 0..1 on the scale */
  readonly colour: number;
  readonly text: string;
}

/** What stands in the cells of a map. */
export interface CellContent {
  readonly scale: Scale;
  /** 0..1 on the scale; null: nothing is known of the cell */
  share(cell: Cell): number | null;
  /** what is written in a cell with room for a word: a token, which may be cut, or a number, which is whole or absent */
  text?(cell: Cell): string;
  readonly textIs?: 'token' | 'number';
  /** the bar of a cell with room for several words */
  segments?(cell: Cell): readonly Segment[];
  /** a colour that is on no scale */
  fill?(cell: Cell, colours: Colours): string | undefined;
  /** a small square, a stroke through the cell, or where there is room for it a triangle */
  mark?(cell: Cell): '' | '▪' | '╱' | '▲' | '▼';
}

/** Columns at least this wide have a word in each cell, those from `BARS_FROM` on a bar of several. */
export const TEXT_FROM = 27;
const BARS_FROM = 150;
/** Beside a number: the mark in the corner. */
const MARGIN = 12;

/** @param box and the width that every cell of the map has at least */
export function paintCell(
  context: CanvasRenderingContext2D,
  content: CellContent,
  cell: Cell,
  box: Box & { readonly room: number },
  colours: Colours,
): void {
  const share = content.share(cell);
  if (share === null) return;
  if (content.segments !== undefined && box.width >= BARS_FROM) {
    paintSegments(context, content.segments(cell), box, content.scale, colours);
    return;
  }
  const swatch = colours.scale[content.scale][stepOf(share)];
  const own = content.fill?.(cell, colours);
  context.fillStyle = own ?? swatch?.fill ?? colours.ground;
  context.fillRect(box.left, box.top, box.width, box.height);
  context.fillStyle = (own === undefined ? swatch?.text : undefined) ?? colours.ground;
  const text = box.width < TEXT_FROM ? '' : (content.text?.(cell) ?? '');
  const fits = text !== '' && (content.textIs === 'token' || context.measureText(text).width + MARGIN <= box.room);
  if (fits) clipped(context, box, () => write(context, text, box.left + 3, box));
  paintMark(context, content.mark?.(cell) ?? '', box, fits);
}

function clipped(context: CanvasRenderingContext2D, box: Box, paint: () => void): void {
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.width, box.height);
  context.clip();
  paint();
  context.restore();
}

function write(context: CanvasRenderingContext2D, text: string, x: number, box: Box): void {
  context.fillText(text, x, box.top + box.height / 2 + 0.5);
}

function paintSegments(
  context: CanvasRenderingContext2D,
  segments: readonly Segment[],
  box: Box,
  scale: Scale,
  colours: Colours,
): void {
  const swatches = colours.scale[scale];
  const quiet = swatches[scale === 'signed' ? (STEPS - 1) / 2 : 0];
  context.fillStyle = quiet?.fill ?? colours.ground;
  context.fillRect(box.left, box.top, box.width, box.height);
  let left = box.left;
  let beside = '';
  for (const [index, { share, colour, text }] of segments.entries()) {
    // A bar is never as pale as the cell behind it.
    const swatch = swatches[scale === 'signed' ? stepOf(colour) : Math.max(1, stepOf(colour))];
    const width = share * box.width;
    context.fillStyle = swatch?.fill ?? colours.ground;
    context.fillRect(left, box.top, Math.max(0, width - 1), box.height - 1);
    if (context.measureText(text).width + 6 <= width) {
      context.fillStyle = swatch?.text ?? colours.text;
      write(context, text, left + 3, box);
    } else if (index === 0) beside = text;
    left += width;
  }
  context.fillStyle = quiet?.text ?? colours.text;
  const x = left + 4;
  clipped(context, box, () => write(context, beside, x, box));
}

/** @param cornered the middle of the cell is taken by text */
function paintMark(context: CanvasRenderingContext2D, mark: string, box: Box, cornered: boolean): void {
  if (mark === '') return;
  if (mark === '╱') {
    strike(context, box, cornered);
    return;
  }
  const small = Math.min(box.width, box.height);
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  if (mark === '▪') {
    const size = Math.max(1, Math.min(5, Math.floor(small / 2.5)));
    const left = cornered ? box.left + box.width - size - 2 : x - size / 2;
    context.fillRect(left, cornered ? box.top + 2 : y - size / 2, size, size);
    return;
  }
  const size = Math.min(9, small - 1);
  if (size < 4) return;
  const tip = mark === '▲' ? -1 : 1;
  context.beginPath();
  context.moveTo(x, y + (tip * size) / 2);
  context.lineTo(x - size / 2, y - (tip * size) / 2);
  context.lineTo(x + size / 2, y - (tip * size) / 2);
  context.fill();
}

/** A thin stroke from corner to corner, or in the corner of a cell with text. */
function strike(context: CanvasRenderingContext2D, box: Box, cornered: boolean): void {
  const left = cornered ? box.left + box.width - MARGIN + 4 : box.left + 1;
  const bottom = cornered ? box.top + MARGIN - 4 : box.top + box.height - 1;
  context.save();
  context.globalAlpha = 0.5;
  context.strokeStyle = context.fillStyle;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(left, bottom);
  context.lineTo(box.left + box.width - 1, box.top + 1);
  context.stroke();
  context.restore();
}

import { cut, displayWidth } from '../width.ts';

/** A blank right after an opening quote is part of the token that is quoted: `" say"`. */
const BREAK = /(?<!(?:^|[ (])") /;

/**
 * Breaks `text` at its blanks into lines of at most `width` columns. The first line begins with `head`, the others with
 * as many blanks. A word that is wider than a line is broken between graphemes.
 */
export function wrap(head: string, text: string, width: number): string[] {
  const indent = ' '.repeat(displayWidth(head));
  const room = Math.max(1, width - indent.length);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(BREAK).flatMap((whole) => breakWord(whole, room))) {
    if (line !== '' && displayWidth(line) + 1 + displayWidth(word) > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines.map((content, index) => (index === 0 ? head : indent) + content);
}

/** Puts whole items into lines, `gap` between them, as many as fit. */
export function flow(head: string, items: readonly string[], gap: string, width: number): string[] {
  const indent = ' '.repeat(displayWidth(head));
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && displayWidth(last) + gap.length + displayWidth(item) <= width) {
      lines[lines.length - 1] = last + gap + item;
    } else {
      lines.push(...wrap(lines.length === 0 ? head : indent, item, width));
    }
  }
  return lines;
}

function breakWord(word: string, room: number): string[] {
  const pieces: string[] = [];
  let rest = word;
  while (displayWidth(rest) > room) {
    const piece = cut(rest, room, '');
    if (piece === '') break;
    pieces.push(piece);
    rest = rest.slice(piece.length);
  }
  return [...pieces, rest];
}

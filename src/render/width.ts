import stringWidth from 'string-width';

/**
 * Scripts whose clusters terminals draw wider than their shape: one column for each spacing character. Measured with
 * tmux; string-width counts clusters.
 */
const COMPLEX_SCRIPT =
  /[\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Thai}\p{Script=Lao}\p{Script=Tibetan}\p{Script=Myanmar}\p{Script=Khmer}\p{Script=Balinese}\p{Script=Javanese}]/u;
const UNCERTAIN = new RegExp(String.raw`${COMPLEX_SCRIPT.source}|\p{M}|\p{Extended_Pictographic}`, 'u');
const NONSPACING = /[\p{Mn}\p{Me}]/u;
const ZERO_WIDTH = /[\u2068\u2069\uE001]/g;
const ESCAPE = '\u001b';
const COLOUR = new RegExp(String.raw`${ESCAPE}\[[0-9;]*m`, 'g');
/** ASCII, Latin letters and this program's own marks, lines and blocks: one column each. */
const NARROW =
  /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u017f\u2026\u2190-\u21ff\u2200-\u22ff\u2400-\u2421\u23ce\u2500-\u259f]*$/;
/** Widths of graphemes seen so far: finding one takes microseconds, and a table holds few different ones. */
const knownWidths = new Map<string, number>();
const KNOWN_WIDTHS_LIMIT = 10_000;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Stands where the next column must begin; {@link placeColumns} turns it into a cursor movement or into nothing. */
const COLUMN_ANCHOR = '\uE001';

/** Columns that a terminal gives to one line of text. Colour sequences and isolates take none. */
export function displayWidth(text: string): number {
  const bare = text.replaceAll(COLOUR, '').replaceAll(ZERO_WIDTH, '');
  if (NARROW.test(bare)) return bare.length;
  let width = 0;
  for (const { segment } of graphemes.segment(bare)) width += graphemeWidth(segment);
  return width;
}

/** The text, or its longest beginning of whole graphemes that fits `width` columns together with `ellipsis`. */
export function cut(text: string, width: number, ellipsis: string): string {
  if (displayWidth(text) <= width) return text;
  let room = width - ellipsis.length;
  let kept = '';
  for (const { segment } of graphemes.segment(text)) {
    room -= graphemeWidth(segment);
    if (room < 0) break;
    kept += segment;
  }
  return kept + ellipsis.slice(0, width);
}

/** Fills up with spaces to `width` columns. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** {@link pad}, and holds the following column in place where terminals disagree about the text's width. */
export function padAnchored(text: string, width: number): string {
  return UNCERTAIN.test(text) ? pad(text, width) + COLUMN_ANCHOR : pad(text, width);
}

/** Makes the anchors of one line real: on a terminal the cursor goes to the column that follows (CHA, 1-based). */
export function placeColumns(line: string, terminal: boolean): string {
  const trimmed = line.replace(/[ \uE001]+$/, '');
  if (!trimmed.includes(COLUMN_ANCHOR)) return trimmed;
  const [first = '', ...rest] = trimmed.split(COLUMN_ANCHOR);
  let column = 1;
  let placed = first;
  let previous = first;
  for (const part of rest) {
    column += displayWidth(previous);
    placed += terminal ? `${ESCAPE}[${column}G${part}` : part;
    previous = part;
  }
  return placed;
}

function graphemeWidth(grapheme: string): number {
  const known = knownWidths.get(grapheme);
  if (known !== undefined) return known;
  const width = Math.max(stringWidth(grapheme), COMPLEX_SCRIPT.test(grapheme) ? spacingWidth(grapheme) : 0);
  if (knownWidths.size < KNOWN_WIDTHS_LIMIT) knownWidths.set(grapheme, width);
  return width;
}

/** Columns of a cluster when every character that is not a nonspacing mark takes its own. */
function spacingWidth(grapheme: string): number {
  let width = 0;
  for (const character of grapheme) if (!NONSPACING.test(character)) width += Math.max(1, stringWidth(character));
  return width;
}

/**
 * Text from models, prompts and files may hold anything. The functions here are the only way in which such text reaches
 * an output for people: whatever they return is one line without control, format or bidirectional characters of its own.
 */

/**
 * Invisible, unassigned or private characters, blanks other than the space, and those that change the width or the look
 * of their neighbours: regional indicators, skin tones, variation selectors (default ignorable), the enclosing keycap.
 */
const UNSAFE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\p{Regional_Indicator}\p{Emoji_Modifier}\u2800]|\u20E3/u;
const COMBINING = /^\p{M}/u;
/** What is written as one character and a count when it stands more than {@link LONGEST_RUN} times in a row. */
const REPEATABLE = /^[\p{P}\p{S}]$/u;
const LONGEST_RUN = 3;
/** The blocks of right-to-left scripts, Hebrew to Arabic Extended-A, their presentation forms, and the supplementary ones. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
/** Marks stacked on one letter beyond what any script needs: they would take no columns and could never be cut. */
const TALL_STACK = /(?<=\p{M}{4})\p{M}/gu;
const FIRST_STRONG_ISOLATE = '\u2068';
const POP_DIRECTIONAL_ISOLATE = '\u2069';

/** The tokenizer's text for an id that no token has; its blank is not a space of the model. */
const UNUSED_ID = /^\[unused \d+\]$/;

const SPACE_MARK = '·';
const NEWLINE_MARK = '⏎';
const TAB_MARK = '⇥';
const DELETE_MARK = '␡';
const CONTROL_PICTURES = 0x2400;
const EMPTY_MARK = '∅';
const COMBINING_BASE = '◌';
/** Our own marks, when the token itself holds them: shown as escapes, so that a mark always means what the legend says. */
const OWN_MARK = /[·⏎⇥×∅◌\u2400-\u2421]/;

/**
 * A token as a table shows it: spaces, newlines, tabs and controls as visible marks, everything else that is invisible
 * or would move its neighbours as an escape, long runs counted (`⏎×32`). Never empty, never raw.
 */
export function tokenText(text: string): string {
  if (text === '') return EMPTY_MARK;
  if (UNUSED_ID.test(text)) return text;
  const shown = countRuns(Array.from(text, markOf)).replaceAll(TALL_STACK, escapeCharacter);
  const endsLikeACut = shown.endsWith('…') ? `${shown.slice(0, -1)}\\u2026` : shown;
  return COMBINING.test(text) ? COMBINING_BASE + endsLikeACut : endsLikeACut;
}

/** Names, paths and messages: spaces stay, what is unsafe becomes an escape, right-to-left text is isolated. */
export function visibleText(text: string): string {
  return isolate(escapeUnsafe(text));
}

/** {@link visibleText} in printable ASCII only. */
export function asciiText(text: string): string {
  return Array.from(text, (character) => (/[\x20-\x7e]/.test(character) ? character : escapeCharacter(character))).join(
    '',
  );
}

/** Keeps right-to-left text from reordering the numbers beside it. Call after cutting: both marks must survive. */
export function isolate(text: string): string {
  return RIGHT_TO_LEFT.test(text) ? FIRST_STRONG_ISOLATE + text + POP_DIRECTIONAL_ISOLATE : text;
}

/** The `\uXXXX` form of one UTF-16 unit, as JSON writes it. */
export function jsonEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Everything unsafe as an escape; right-to-left text is not isolated yet. */
export function escapeUnsafe(text: string): string {
  const escaped = Array.from(text, (character) =>
    character !== ' ' && UNSAFE.test(character) ? escapeCharacter(character) : character,
  )
    .join('')
    .replaceAll(TALL_STACK, escapeCharacter);
  return COMBINING.test(text) ? COMBINING_BASE + escaped : escaped;
}

function markOf(character: string): string {
  const code = codePoint(character);
  if (character === ' ') return SPACE_MARK;
  if (character === '\n') return NEWLINE_MARK;
  if (character === '\t') return TAB_MARK;
  if (code < 0x20) return String.fromCodePoint(CONTROL_PICTURES + code);
  if (code === 0x7f) return DELETE_MARK;
  return UNSAFE.test(character) || OWN_MARK.test(character) ? escapeCharacter(character) : character;
}

function escapeCharacter(character: string): string {
  if (character === '\n') return String.raw`\n`;
  if (character === '\t') return String.raw`\t`;
  if (character === '\r') return String.raw`\r`;
  const code = codePoint(character);
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}

function countRuns(marks: readonly string[]): string {
  let shown = '';
  for (let start = 0, end = 0; start < marks.length; start = end) {
    const mark = marks[start] ?? '';
    while (end < marks.length && marks[end] === mark) end++;
    const counted = end - start > LONGEST_RUN && (mark.length > 1 || REPEATABLE.test(mark));
    shown += counted ? `${mark}×${end - start}` : mark.repeat(end - start);
  }
  return shown;
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}

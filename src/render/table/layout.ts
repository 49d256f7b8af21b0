import { BORDER_WIDTH } from './grid.ts';

/** Columns of one model's group: rail, token, probability, active tokens, entropy, other top tokens. */
export interface GroupLayout {
  /** Columns of the whole group. */
  readonly width: number;
  readonly token: number;
  readonly active: boolean;
  readonly entropyDigits: 2 | 4;
  /** Columns of the other top tokens within the row; 0: they are not in the row. */
  readonly top: number;
  /** The other top tokens in a line of their own: without or with their probabilities. */
  readonly second: 'none' | 'tokens' | 'percent';
}

/** Columns of what differs between the two models. */
export interface ChangeLayout {
  readonly width: number;
  readonly rank: boolean;
  readonly bar: boolean;
  readonly experts: boolean;
  /** The divergence of the noise floor. */
  readonly floor: boolean;
}

export interface TableLayout {
  readonly group: GroupLayout;
  /** Null when one model is shown. */
  readonly change: ChangeLayout | null;
  /** Too narrow for two groups in a row: one table after the other. */
  readonly stacked: boolean;
}

/** What the table has to hold. */
export interface Content {
  readonly pair: boolean;
  /** The models route to experts. */
  readonly routed: boolean;
  /** A noise floor was measured. */
  readonly floor: boolean;
  /** Tokens listed beside the first. */
  readonly others: boolean;
  /** Columns of the longest top-1 token and of the longest list of others: what a table without a width is made for. */
  readonly longestToken: number;
  readonly longestOthers: number;
}

export const LAYER_WIDTH = 5;
const RAIL_WIDTH = 1;
export const PERCENT_WIDTH = 5;
export const ACTIVE_WIDTH = 3;
export const BAR_WIDTH = 5;
export const RANK_WIDTH = 7;
export const EXPERTS_WIDTH = 3;
export const FLOOR_WIDTH = 6;
const MARK_AND_JS_WIDTH = 8;
/** An entropy of two digits before the point, with 2 or 4 after it. */
export const ENTROPY_WIDTH = { 2: 5, 4: 7 } as const;
const WIDE_TOKEN = 15;
/** Holds the heading of two bit-identical models. */
const SINGLE_TOKEN = 20;
const USUAL_OTHERS = 25;
const LONGEST_TOKEN = 48;

/** Least columns of a line for each kind of row. */
const STACKED_BELOW = 60;
const RANK_FROM = 68;
const MEDIUM_FROM = 100;
const PERCENT_FROM = 120;
const WIDE_FROM = 160;
/** One group alone has room for the widest kind of row much earlier. */
const SINGLE_WIDE_FROM = 68;
const SINGLE_MEDIUM_FROM = 50;

/** The columns of the layer table in a line of `width` columns, which may be Infinity. All spare room goes to tokens. */
export function layoutFor(width: number, content: Content): TableLayout {
  if (!content.pair) {
    return { group: singleGroup(width - LAYER_WIDTH - BORDER_WIDTH, width, content), change: null, stacked: false };
  }
  const change = changeLayout(width, content);
  if (width < STACKED_BELOW) {
    const group = groupOf(width - LAYER_WIDTH - change.width - 2 * BORDER_WIDTH, 'narrow', content);
    return { group, change, stacked: true };
  }
  const group = groupOf(
    Math.floor((width - LAYER_WIDTH - change.width - 3 * BORDER_WIDTH) / 2),
    kindFor(width),
    content,
  );
  return { group, change, stacked: false };
}

type RowKind = 'narrow' | 'medium' | 'percent' | 'wide';

function kindFor(width: number): RowKind {
  if (width >= WIDE_FROM) return 'wide';
  if (width >= PERCENT_FROM) return 'percent';
  return width >= MEDIUM_FROM ? 'medium' : 'narrow';
}

function singleGroup(room: number, width: number, content: Content): GroupLayout {
  if (width >= SINGLE_WIDE_FROM) return groupOf(room, 'wide', content);
  return groupOf(room, width >= SINGLE_MEDIUM_FROM ? 'medium' : 'narrow', content);
}

function groupOf(room: number, kind: RowKind, content: Content): GroupLayout {
  const active = kind !== 'narrow';
  const entropyDigits = kind === 'wide' ? 4 : 2;
  const fixed = RAIL_WIDTH + 1 + PERCENT_WIDTH + (active ? 1 + ACTIVE_WIDTH : 0) + 1 + ENTROPY_WIDTH[entropyDigits];
  const inline = kind === 'wide' && content.others;
  const { token, top } = inline
    ? inlineTokens(room - fixed, content)
    : { token: soleToken(room - fixed, content), top: 0 };
  const secondKind = kind === 'percent' ? 'percent' : 'tokens';
  const second = kind === 'narrow' || inline || !content.others ? 'none' : secondKind;
  return { width: fixed + token + (top > 0 ? 1 + top : 0), token, active, entropyDigits, top, second };
}

function soleToken(room: number, { longestToken }: Content): number {
  return room === Infinity ? Math.min(longestToken, LONGEST_TOKEN) : room;
}

/** A usual width for the first token, a quarter of the spare room, and the rest for the others. */
function inlineTokens(room: number, content: Content): { token: number; top: number } {
  const usual = content.pair ? WIDE_TOKEN : SINGLE_TOKEN;
  if (room === Infinity) {
    return { token: Math.max(usual, Math.min(content.longestToken, LONGEST_TOKEN)), top: content.longestOthers };
  }
  const spare = Math.max(0, room - usual - 1 - USUAL_OTHERS);
  const token = Math.min(LONGEST_TOKEN, usual + Math.floor(spare / 4));
  return { token, top: room - token - 1 };
}

function changeLayout(width: number, content: Pick<Content, 'routed' | 'floor'>): ChangeLayout {
  const rank = width >= RANK_FROM;
  const bar = width >= MEDIUM_FROM;
  const experts = bar && content.routed;
  const floor = width >= WIDE_FROM && content.floor;
  const widths =
    MARK_AND_JS_WIDTH +
    (bar ? 1 + BAR_WIDTH : 0) +
    (rank ? 1 + RANK_WIDTH : 0) +
    (experts ? 1 + EXPERTS_WIDTH : 0) +
    (floor ? 1 + FLOOR_WIDTH : 0);
  return { width: widths, rank, bar, experts, floor };
}

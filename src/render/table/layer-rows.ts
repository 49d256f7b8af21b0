import { distance, divergence, percent, thresholdWords } from '../../report/numbers.ts';
import type { FloorLayer, LayerComparison, LayerReport, Report } from '../../report/schema.ts';
import { bar } from './glyphs.ts';
import {
  ACTIVE_WIDTH,
  BAR_WIDTH,
  ENTROPY_WIDTH,
  EXPERTS_WIDTH,
  FLOOR_WIDTH,
  PERCENT_WIDTH,
  RANK_WIDTH,
} from './layout.ts';
import type { ChangeLayout, GroupLayout } from './layout.ts';
import { isSettled } from './reading.ts';
import type { Side } from './reading.ts';
import type { Style } from '../style.ts';
import { labelTokens, tokenCell, tokenList } from './token-cells.ts';
import type { TokenLabels } from './token-cells.ts';
import { cut } from '../width.ts';

const JS_WIDTH = 6;

/** `FINE-TUNE top-1`: where it does not fit, neither heading says `top-1`. */
const LONGEST_TITLE = 15;

/** Heading of a model's group. */
export function groupHead(side: Side, layout: GroupLayout, settings: Report['settings'], style: Style): string {
  const title = cut(groupTitle(side.title, layout.token), layout.token, style.glyphs.ellipsis);
  return [
    ` ${side.paint(style.palette.bold(title))}${' '.repeat(layout.token - title.length)}`,
    'prob'.padStart(PERCENT_WIDTH),
    ...(layout.active ? [activeHead(settings.activeThreshold).padStart(ACTIVE_WIDTH)] : []),
    'H'.padStart(ENTROPY_WIDTH[layout.entropyDigits]),
    ...(layout.top > 0 ? [othersHead(settings.topK)] : []),
  ].join(' ');
}

function groupTitle(title: string, width: number): string {
  const long = `${title} top-1`.trim();
  return title === '' || (width >= LONGEST_TITLE && long.length <= width) ? long : title;
}

/** `top 2-5`: the tokens listed beside the first. */
export function othersHead(topK: number): string {
  return topK > 2 ? `top 2-${topK}` : 'top 2';
}

/** `>1%`, or a word where the threshold needs more room. */
export function activeHead(threshold: number): string {
  const text = `>${thresholdWords(threshold)}`;
  return text.length <= ACTIVE_WIDTH ? text : 'act';
}

/** Heading of the group of differences. */
export function changeHead(layout: ChangeLayout, { glyphs }: Style): string {
  return [
    'JS'.padStart(2 + JS_WIDTH),
    ...(layout.bar ? [glyphs.distance.padEnd(BAR_WIDTH)] : []),
    ...(layout.rank ? ['rank'.padStart(RANK_WIDTH)] : []),
    ...(layout.experts ? ['exp'] : []),
    ...(layout.floor ? ['floor'.padStart(FLOOR_WIDTH)] : []),
  ].join(' ');
}

/** The tokens of one row of both models, so that equal texts of different ids are told apart across the row. */
export function rowLabels(rows: readonly LayerReport[], style: Style): TokenLabels {
  return labelTokens(
    rows.flatMap(({ top }) => top),
    style,
  );
}

/** One model's cells at one layer. */
export function groupCell(
  side: Side,
  row: LayerReport,
  labels: TokenLabels,
  layout: GroupLayout,
  emphasis: (text: string) => string,
  style: Style,
): string {
  const settled = isSettled(side, row.layer) ? side.paint(style.glyphs.settled) : ' ';
  const [first, ...others] = row.top;
  const token = first === undefined ? ' '.repeat(layout.token) : tokenCell(first, labels, layout.token, style);
  const numbers = [
    (first === undefined ? '' : percent(first.prob)).padStart(PERCENT_WIDTH),
    ...(layout.active ? [shortCount(row.activeTokens).padStart(ACTIVE_WIDTH)] : []),
    row.entropyNats.toFixed(layout.entropyDigits).padStart(ENTROPY_WIDTH[layout.entropyDigits]),
  ].join(' ');
  const list = layout.top > 0 ? ` ${style.palette.dim(tokenList(others, labels, false, layout.top, style))}` : '';
  return settled + emphasis(token) + ' ' + numbers + list;
}

/** The other top tokens in a line below the row; empty when the row has none. */
export function secondLine(row: LayerReport, labels: TokenLabels, layout: GroupLayout, style: Style): string {
  if (layout.second === 'none') return '';
  const indent = '  ';
  const list = tokenList(row.top.slice(1), labels, layout.second === 'percent', layout.width - indent.length, style);
  return list === '' ? '' : indent + style.palette.dim(list);
}

/** What differs between the two models at one layer, beside what rounding alone changes there. */
export function changeCell(
  row: LayerComparison,
  floor: FloorLayer | undefined,
  layout: ChangeLayout,
  expertsPerToken: number,
  style: Style,
): string {
  const { glyphs } = style;
  const strong = rowEmphasis(row, style);
  const places = row.sameTop1 ? '' : ranks(row.baseTop1RankInFt, row.ftTop1RankInBase);
  return [
    strong(changeMark(row, style)),
    divergence(row.jsNats).padStart(JS_WIDTH),
    ...(layout.bar ? [bar(distance(row.jsNats), BAR_WIDTH, glyphs).padEnd(BAR_WIDTH)] : []),
    ...(layout.rank ? [places.padStart(RANK_WIDTH)] : []),
    ...(layout.experts ? [sharedExperts(row, expertsPerToken).padEnd(EXPERTS_WIDTH)] : []),
    ...(layout.floor && floor ? [divergence(floor.jsNats).padStart(FLOOR_WIDTH)] : []),
  ].join(' ');
}

/** Equal, within the noise floor, different, or with another top-1. */
export function changeMark(row: LayerComparison, { glyphs }: Style): string {
  if (isIdentical(row)) return glyphs.identical;
  if (row.withinFloor) return glyphs.within;
  return row.sameTop1 ? glyphs.differs : glyphs.otherTop1;
}

/** Another top-1 is strong; what is exactly equal, or noise, is quiet. */
export function rowEmphasis(row: LayerComparison | undefined, { palette }: Style): (text: string) => string {
  if (row === undefined) return (text) => text;
  if (isIdentical(row) || row.withinFloor) return palette.dim;
  return row.sameTop1 ? (text) => text : palette.bold;
}

/** Same state and same distribution, bit by bit: of states that hardly differ the JS alone may be rounded to 0. */
export function isIdentical({ sameTop1, jsNats, residualRelativeL2 }: LayerComparison): boolean {
  return sameTop1 && jsNats === 0 && residualRelativeL2 === 0;
}

/** Experts that both models' routers chose at this layer; undefined in a row without routing. */
export function sharedCount({ routing }: LayerComparison, expertsPerToken: number): number | undefined {
  return routing === null ? undefined : expertsPerToken - routing.lost.length;
}

function sharedExperts(row: LayerComparison, expertsPerToken: number): string {
  const shared = sharedCount(row, expertsPerToken);
  if (shared === undefined) return '';
  return (expertsPerToken < 10 ? `${shared}/${expertsPerToken}` : String(shared)).padStart(EXPERTS_WIDTH);
}

/** `3/105`: base's top-1 is third in the fine-tune, the fine-tune's is 105th in base. */
function ranks(baseInFt: number, ftInBase: number): string {
  const [long, short] = [longCount, shortCount].map((count) => `${count(baseInFt)}/${count(ftInBase)}`);
  return long !== undefined && long.length <= RANK_WIDTH ? long : (short ?? '');
}

/** `9999`, `15k`. */
export function longCount(value: number): string {
  return value < 10_000 ? String(value) : `${Math.round(value / 1000)}k`;
}

/** At most 3 characters: `999`, `15k`, `.2M`, `4M`. */
function shortCount(value: number): string {
  if (value < 1000) return String(value);
  if (value < 99_500) return `${Math.round(value / 1000)}k`;
  return value < 950_000 ? `.${Math.round(value / 100_000)}M` : `${Math.round(value / 1_000_000)}M`;
}

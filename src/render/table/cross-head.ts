import { crossHeadChanges, crossHeadSentence } from '../../report/cross-head-words.ts';
import { distance, divergence, layerName, layerWords, percent } from '../../report/numbers.ts';
import type { CrossHeadLayer } from '../../report/schema/cross-head.ts';
import type { Report } from '../../report/schema.ts';
import type { Style } from '../style.ts';
import { displayWidth, padAnchored } from '../width.ts';
import { columnTable, fittingColumns, type TableColumn } from './column-table.ts';
import { drawCurves } from './curves.ts';
import type { Reading } from './reading.ts';
import { divergenceWords, percentWords } from './spoken-numbers.ts';
import { fitToken, labelTokens } from './token-cells.ts';
import { wrap } from './wrap.ts';

/** So many rows are listed one and all. */
const FEW_ROWS = 9;
const LISTED_ROWS = 6;
const LONGEST_TOKEN = 16;
const TITLE = 'Cross-head ';

/** Whether a change is in the states or in the head; empty unless it was asked for. */
export function crossHead(reading: Reading, report: Report, style: Style): string[] {
  const read = report.comparison?.crossHead;
  const last = reading.position === report.settings.positions.at(-1);
  if (read === undefined || (read.sameHead && !last)) return [];
  const sentence = crossHeadSentence(read, reading.position);
  const layers = read.positions.find(({ position }) => position === reading.position)?.layers ?? [];
  if (layers.length === 0) return sentence === '' ? [] : wrap(TITLE, sentence, style.width);
  const how =
    "JS; states: of the two models' states through base's head, through the fine-tune's; heads: of the two heads on base's states, on the fine-tune's";
  return [
    ...wrap(TITLE, how, style.width),
    ...(layers.length > FEW_ROWS ? changeCurves(layers, style) : []),
    ...columnTable(fittingColumns(columnsOf(listed(layers, style), style), style), style),
    ...wrap('  ', sentence, style.width),
  ];
}

/** The same, one sentence a layer. */
export function crossHeadSentences(reading: Reading, report: Report, style: Style): string[] {
  const read = report.comparison?.crossHead;
  const last = reading.position === report.settings.positions.at(-1);
  if (read === undefined || (read.sameHead && !last)) return [];
  const layers = read.positions.find(({ position }) => position === reading.position)?.layers ?? [];
  const summary = crossHeadSentence(read, reading.position);
  return [
    ...listed(layers, style).map((row) => layerSentence(row, style)),
    ...(summary === '' ? [] : [`Cross-head reading. ${summary}`]),
  ];
}

function layerSentence({ layer, baseHead, ftHead, headJsNats }: CrossHeadLayer, { quote }: Style): string {
  const spoken = ([first]: CrossHeadLayer['baseHead']['ftTop']): string =>
    first === undefined ? 'nothing' : `${quote(first.text)} ${percentWords(first.prob)}`;
  const states = `the states differ by ${divergenceWords(baseHead.jsNats)} through the head of base and ${divergenceWords(ftHead.jsNats)} through the fine-tune's`;
  const heads = `the heads by ${divergenceWords(headJsNats.baseState)} on base's state and ${divergenceWords(headJsNats.ftState)} on the fine-tune's`;
  return `Cross-head reading of ${layerWords(layer)}: ${states}; ${heads}. Fine-tune by base's head ${spoken(baseHead.ftTop)}, base by the fine-tune's head ${spoken(ftHead.baseTop)}.`;
}

/** The layers where states and heads change most, and the last one. */
function listed(layers: readonly CrossHeadLayer[], { width }: Style): CrossHeadLayer[] {
  if (layers.length <= FEW_ROWS || width === Infinity) return [...layers];
  const size = (layer: CrossHeadLayer): number => Math.max(...Object.values(crossHeadChanges(layer)));
  const largest = new Set(
    layers
      .slice(0, -1)
      .toSorted((a, b) => size(b) - size(a))
      .slice(0, LISTED_ROWS - 1),
  );
  return layers.filter((layer, i) => largest.has(layer) || i === layers.length - 1);
}

function changeCurves(layers: readonly CrossHeadLayer[], style: Style): string[] {
  const curves = (['states', 'heads'] as const).map((what) => {
    const js = layers.map((layer) => crossHeadChanges(layer)[what]);
    const summary = `${divergence(js.at(0) ?? 0)} ${style.glyphs.arrow} ${divergence(js.at(-1) ?? 0)}`;
    return { label: what, shares: js.map(distance), paint: String, summary };
  });
  return drawCurves(
    curves,
    [`${style.glyphs.distance}, means of both ways; full block: JS = ln 2`, 'full: ln 2'],
    style,
  );
}

/** The last two say what a model would answer with the other's head. */
function columnsOf(rows: readonly CrossHeadLayer[], style: Style): TableColumn[] {
  const both = (first: number, second: number): string => `${divergence(first).padEnd(6)}  ${divergence(second)}`;
  const answers = (title: string, tops: readonly CrossHeadLayer['baseHead']['ftTop'][]): TableColumn => ({
    title,
    cells: tops.map((top) => answer(top, style)),
  });
  return [
    { title: 'layer', cells: rows.map(({ layer }) => layerName(layer)) },
    { title: 'states', cells: rows.map(({ baseHead, ftHead }) => both(baseHead.jsNats, ftHead.jsNats)) },
    { title: 'heads', cells: rows.map(({ headJsNats }) => both(headJsNats.baseState, headJsNats.ftState)) },
    answers(
      "fine-tune by base's head",
      rows.map(({ baseHead }) => baseHead.ftTop),
    ),
    answers(
      "base by fine-tune's head",
      rows.map(({ ftHead }) => ftHead.baseTop),
    ),
  ];
}

function answer(top: CrossHeadLayer['baseHead']['ftTop'], style: Style): string {
  const [first] = top;
  if (first === undefined) return '';
  const text = fitToken(first, labelTokens([first], style), LONGEST_TOKEN, style);
  return `${padAnchored(text, displayWidth(text))} ${percent(first.prob)}`;
}

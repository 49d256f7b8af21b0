import { divergence } from '../../report/numbers.ts';
import type { LayerComparison } from '../../report/schema.ts';
import { isIdentical, sharedCount } from './layer-rows.ts';
import type { Reading, Side } from './reading.ts';
import type { Style, TableView } from '../style.ts';
import { displayWidth } from '../width.ts';

/** A row of the table: one layer, or a run of like layers folded into one line. */
export type Row =
  | { readonly kind: 'layer'; readonly layer: number }
  | { readonly kind: 'fold'; readonly from: number; readonly to: number };

/** Below this a row of equal top-1 tells little by itself. */
const QUIET_JS_NATS = 0.01;
const SHORTEST_FOLD = 3;

/** The rows to show, from the embedding to the last layer. Only rows that compare two models are ever folded. */
export function rowsOf({ sides, change }: Reading, layers: TableView['layers']): Row[] {
  const all = sides[0].position.layers.map(({ layer }) => layer);
  if (typeof layers === 'object') return all.filter((layer) => layers.includes(layer)).map(layerRow);
  if (layers === 'all' || change === undefined) return all.map(layerRow);
  const kept = new Set([
    all.at(0),
    all.at(-1),
    change.firstDivergentLayer,
    change.firstTop1ChangeLayer,
    ...sides.map(({ position }) => position.commitLayer),
  ]);
  const quiet = new Map(
    change.layers.map(({ layer, sameTop1, jsNats, withinFloor }) => [
      layer,
      sameTop1 && (jsNats < QUIET_JS_NATS || withinFloor === true) && !kept.has(layer),
    ]),
  );
  return joinRuns(all, (layer) => quiet.get(layer) ?? false);
}

function joinRuns(layers: readonly number[], isQuiet: (layer: number) => boolean): Row[] {
  const rows: Row[] = [];
  let run: number[] = [];
  const endRun = (): void => {
    const [from, to] = [run.at(0), run.at(-1)];
    if (run.length < SHORTEST_FOLD || from === undefined || to === undefined) rows.push(...run.map(layerRow));
    else rows.push({ kind: 'fold', from, to });
    run = [];
  };
  for (const layer of layers) {
    if (isQuiet(layer)) {
      run.push(layer);
    } else {
      endRun();
      rows.push(layerRow(layer));
    }
  }
  endRun();
  return rows;
}

function layerRow(layer: number): Row {
  return { kind: 'layer', layer };
}

/** What a fold leaves out, in as many whole parts as fit: range, how alike, the tokens, the entropies. */
export function foldText({ sides }: Reading, from: number, to: number, width: number, style: Style): string {
  const parts = [
    `  L-${from} to L-${to}`,
    `: ${to - from + 1} layers`,
    ', same top-1 in both',
    ` (${commonTokens(sides[0], from, to, style)})`,
    `; H ${sides.map((side) => entropies(side, from, to)).join(' | ')}`,
  ];
  let text = '';
  for (const part of parts) {
    if (text !== '' && displayWidth(text + part) > width) break;
    text += part;
  }
  return text;
}

/** The divergences and shared experts that a fold leaves out. */
export function foldChange(
  rows: readonly LayerComparison[],
  expertsPerToken: number,
  width: number,
  style: Style,
): string {
  const js = rows.map(({ jsNats }) => jsNats);
  const [least, most] = [Math.min(...js), Math.max(...js)];
  const mark = foldMark(rows, style);
  const shared = rows.flatMap((row) => sharedCount(row, expertsPerToken) ?? []);
  const experts = shared.length === 0 ? '' : `, exp${style.glyphs.atLeast}${Math.min(...shared)}`;
  const range = least === most ? divergence(most) : `${divergence(least)} to ${divergence(most)}`;
  const forms = [`${mark} ${range}${experts}`, `${mark} ${range}`, `${mark} max ${divergence(most)}`];
  return forms.find((form) => displayWidth(form) <= width) ?? `${mark} ${divergence(most)}`;
}

function foldMark(rows: readonly LayerComparison[], { glyphs }: Style): string {
  if (rows.every(isIdentical)) return glyphs.identical;
  return rows.every((row) => row.withinFloor) ? glyphs.within : glyphs.differs;
}

const COMMON_TOKENS = 3;

function commonTokens(side: Side, from: number, to: number, style: Style): string {
  const counts = new Map<number, { text: string; count: number }>();
  for (const { layer, top } of side.position.layers) {
    const [first] = top;
    if (layer < from || layer > to || first === undefined) continue;
    const text = counts.get(first.id)?.text ?? style.token(first.text);
    counts.set(first.id, { text, count: (counts.get(first.id)?.count ?? 0) + 1 });
  }
  const tokens = [...counts.values()].toSorted((a, b) => b.count - a.count);
  const listed = tokens.slice(0, COMMON_TOKENS).map(({ text, count }) => `${text} ${count}x`);
  return [...listed, ...(tokens.length > COMMON_TOKENS ? [style.glyphs.ellipsis] : [])].join(', ');
}

function entropies({ position }: Side, from: number, to: number): string {
  const values = position.layers.filter(({ layer }) => layer >= from && layer <= to).map((row) => row.entropyNats);
  return `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
}

import { layerWords, tokenCount } from '../../report/numbers.ts';
import type { LayerComparison, LayerReport, Report } from '../../report/schema.ts';
import { verdictOf } from '../../report/verdict.ts';
import { attentionLayerSentences } from './attention-sentences.ts';
import { crossHeadSentences } from './cross-head.ts';
import { rowsOf } from './folding.ts';
import { generationSentences } from './generation.ts';
import { isIdentical, sharedCount } from './layer-rows.ts';
import { floorRecipe } from '../floor-recipe.ts';
import { showsMap } from './position-map.ts';
import { readingsOf } from './reading.ts';
import type { Reading, Side } from './reading.ts';
import { routingSummarySentences } from './routing-summary.ts';
import { divergenceWords, percentWords } from './spoken-numbers.ts';
import type { Style, TableView } from '../style.ts';
import { trackedSetSentences } from './tracked-sets.ts';

/** The report in sentences, one a line, without lines, bars or curves: for screen readers. */
export function accessibleText(report: Report, view: TableView, style: Style): string {
  const readings = readingsOf(report, style);
  const { headline, sentences: reasons } = verdictOf(report, style);
  const failed = report.checks.filter(({ status }) => status === 'fail');
  const sentences = [
    ...failed.map(({ message }) => `Check failed. ${style.plain(message)}`),
    ...introduction(report, style),
    ...(showsMap(readings, view)
      ? [
          ...readings.map((reading) => overviewSentence(reading, report, style)),
          ...readings.slice(-1).flatMap((reading) => readingSentences(reading, report, view, style)),
        ]
      : readings.flatMap((reading) => readingSentences(reading, report, view, style))),
    ...routingSummarySentences(report),
    ...generationSentences(report, style),
    ...report.checks.map(
      ({ status, model, message }) => `Check ${CHECK_WORDS[status]}, ${MODEL_WORDS[model]}. ${style.plain(message)}`,
    ),
    `Verdict. ${headline}`,
    ...reasons,
  ];
  return sentences.map((sentence) => `${sentence}\n`).join('');
}

const CHECK_WORDS = { pass: 'passed', warn: 'warns', fail: 'failed' } as const;
const MODEL_WORDS = { base: 'base', ft: 'fine-tune', both: 'both models', floor: 'noise floor' } as const;

function introduction(report: Report, { plain, quote }: Style): string[] {
  const { models, prompt, settings, comparison } = report;
  const { base, ft } = models;
  const names = ft === undefined ? plain(base.name) : `base ${plain(base.name)}, fine-tune ${plain(ft.name)}`;
  const experts = base.experts === 0 ? '' : `, ${base.expertsPerToken} of ${base.experts} experts`;
  const floor = comparison?.floor;
  const norm =
    settings.norm === 'final'
      ? 'Every layer is read with the final norm and the LM head.'
      : "Every layer is read without the final norm: these rows are not the model's predictions.";
  return [
    `ft-lens. ${names}. ${plain(base.architecture)}, ${base.layers} layers${experts}, ${settings.device}.`,
    `Prompt ${quote(prompt.text)}, ${tokenCount(prompt.tokens.length)}.`,
    `${norm} Entropies and divergences in nats.`,
    ...(floor === undefined ? [] : [`Noise floor: ${plain(floor.name)}, the base with ${plain(floorRecipe(report))}.`]),
  ];
}

function readingSentences(reading: Reading, report: Report, view: TableView, style: Style): string[] {
  const { position, sides } = reading;
  const text = report.prompt.tokens[position]?.text ?? '';
  return [
    `Position ${position}, token ${style.quote(text)}.`,
    ...rowsOf(reading, view.layers).map((row) =>
      row.kind === 'fold' ? foldSentence(reading, row.from, row.to) : rowSentence(reading, row.layer, style),
    ),
    ...sides.map((side) => finalSentence(side, style)),
    ...sides.flatMap((side) => attentionSentence(side, position, style)),
    ...attentionLayerSentences(reading, report, style),
    ...routingSentence(reading),
    ...sides.flatMap((side) => trackedSentences(side, style)),
    ...trackedSetSentences(reading, report, style),
    ...crossHeadSentences(reading, report, style),
  ];
}

/** One position of many: the answers, and where the two models differ most. */
function overviewSentence({ position, sides, change }: Reading, report: Report, { quote }: Style): string {
  const token = quote(report.prompt.tokens[position]?.text ?? '');
  const answers = sides.map((side) => {
    const [first] = side.position.final.top;
    return `${side.label} ${first === undefined ? 'nothing' : `${quote(first.text)} ${percentWords(first.prob)}`}`;
  });
  const largest = change?.layers.toSorted((a, b) => b.jsNats - a.jsNats)[0];
  const most =
    largest === undefined
      ? ''
      : ` Largest divergence ${divergenceWords(largest.jsNats)}, in ${layerWords(largest.layer)}.`;
  return `Position ${position}, token ${token}. Final prediction: ${answers.join(', ')}.${most}`;
}

function rowSentence({ sides, change }: Reading, layer: number, style: Style): string {
  const parts = sides.flatMap((side) =>
    side.position.layers.filter((row) => row.layer === layer).map((row) => modelSentence(side, row, style)),
  );
  const compared = change?.layers.find((row) => row.layer === layer);
  if (compared !== undefined) parts.push(changeSentence(compared, sides[0].model.expertsPerToken));
  const name = layer === 0 ? 'Embedding' : `Layer ${layer}`;
  return `${name}. ${parts.join(' ')}`;
}

function modelSentence({ label }: Side, { top, entropyNats }: LayerReport, { quote }: Style): string {
  const [first] = top;
  const token = first === undefined ? 'no token' : `${quote(first.text)} ${percentWords(first.prob)}`;
  return `${label.charAt(0).toUpperCase()}${label.slice(1)} ${token}, entropy ${entropyNats.toFixed(2)}.`;
}

function changeSentence(row: LayerComparison, expertsPerToken: number): string {
  const shared = sharedCount(row, expertsPerToken);
  const experts = shared === undefined ? '' : `, ${shared} of ${expertsPerToken} experts shared`;
  if (isIdentical(row)) return `Equal${experts}.`;
  const noise = row.withinFloor ? ', within the noise floor' : '';
  return `${row.sameTop1 ? 'Same' : 'Other'} token, divergence ${divergenceWords(row.jsNats)}${noise}${experts}.`;
}

function foldSentence({ change }: Reading, from: number, to: number): string {
  const rows = change?.layers.filter(({ layer }) => layer >= from && layer <= to) ?? [];
  const largest = Math.max(0, ...rows.map(({ jsNats }) => jsNats));
  const noise = rows.every(({ withinFloor }) => withinFloor) ? ', within the noise floor' : '';
  return `Layers ${from} to ${to}. Same token in both, divergence at most ${divergenceWords(largest)}${noise}.`;
}

function finalSentence({ label, position }: Side, { quote }: Style): string {
  const tokens = position.final.top.map(({ text, prob }) => `${quote(text)} ${percentWords(prob, 2)}`).join(', ');
  return `Final prediction, ${label}: ${tokens}.`;
}

function attentionSentence({ label, model }: Side, position: number, { quote }: Style): string[] {
  if (model.attention === null || model.attention.queryPosition !== position) return [];
  const tokens = model.attention.top
    .map(({ position: at, text, weight }) => `position ${at} ${quote(text)} ${weight.toFixed(3)}`)
    .join(', ');
  return [`Attention of layer ${model.attention.layer}, ${label}: ${tokens}.`];
}

function routingSentence({ change, sides, floor }: Reading): string[] {
  const layers = change?.layers.flatMap((row) => (row.routing === null ? [] : [{ row, js: row.routing.jsNats }])) ?? [];
  const largest = layers.toSorted((a, b) => b.js - a.js)[0];
  if (largest === undefined || largest.js === 0) return [];
  const { expertsPerToken } = sides[0].model;
  const shared = sharedCount(largest.row, expertsPerToken);
  const floorJs = floor?.layers.find(({ layer }) => layer === largest.row.layer)?.routing?.jsNats;
  const rounding = floorJs === undefined ? '' : `, of rounding alone ${divergenceWords(floorJs)}`;
  return [
    `Routing moves most in ${layerWords(largest.row.layer)}: ${shared} of ${expertsPerToken} experts shared, divergence ${divergenceWords(largest.js)}${rounding}.`,
  ];
}

function trackedSentences({ label, position }: Side, { quote }: Style): string[] {
  return (position.layers.at(-1)?.tracked ?? []).map(({ id, text, rank, prob }) => {
    const ranks = position.layers.flatMap(({ layer, tracked }) =>
      tracked.filter((token) => token.id === id).map((token) => ({ layer, rank: token.rank })),
    );
    const best = ranks.toSorted((a, b) => a.rank - b.rank)[0];
    const reached = best === undefined ? '' : `, best rank ${best.rank} in ${layerWords(best.layer)}`;
    return `Tracked token ${quote(text)}, ${label}: last rank ${rank}, ${percentWords(prob)}${reached}.`;
  });
}

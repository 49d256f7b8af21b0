import { layerWords, percent } from './numbers.ts';
import type { Check, Comparison, PositionComparison, PositionReport, Report, VerdictReport } from './schema.ts';
import { causesOf } from './verdict/causes.ts';
import { floorContext, liesWithin } from './verdict/floor.ts';
import { noiseSentences, onlyRounding } from './verdict/noise.ts';
import { partSentences } from './verdict/parts.ts';
import { routingOverPositions, routingSentence } from './verdict/routing.ts';
import { settlingOf, settlingOfPair } from './verdict/settling.ts';
import { answer, sentence, type Wording } from './verdict/words.ts';

export { settles } from './verdict/settling.ts';
export type { Wording } from './verdict/words.ts';

export interface Verdict {
  readonly kind: VerdictReport['kind'] | 'single-model';
  readonly headline: string;
  readonly sentences: readonly string[];
}

/** From here on a divergence is no detail: 0.1 nats is a seventh of the largest possible, ln 2. */
const LARGE_JS_NATS = 0.1;
const LISTED_POSITIONS = 12;

/** As a report holds it: tokens in quotes as JSON writes them, names as they are. */
const REPORT_WORDING: Wording = { quote: (text) => JSON.stringify(text), plain: (text) => text };

/**
 * The verdict on two models as a report stores it: the words of {@link verdictOf}, and the facts that they rest on.
 * Whatever draws a report makes the words anew, with its own wording of tokens.
 */
export function verdictReport(report: Report, comparison: Comparison): VerdictReport {
  const { kind, headline, sentences } = verdictOf(report, REPORT_WORDING);
  const change = comparison.positions.at(-1);
  if (kind === 'single-model' || change === undefined) throw new Error('two models were compared at no position');
  return {
    kind,
    headline,
    sentences: [...sentences],
    firstDivergentLayer: change.firstDivergentLayer,
    firstTop1ChangeLayer: change.firstTop1ChangeLayer,
    causes: comparison.parts?.known && comparison.parts.sameGraph ? causesOf(comparison.parts, change) : null,
  };
}

/**
 * What the report says, in words: the first kind that holds, then where the difference begins, where it shows and where
 * it becomes large. It is about the last position that was read, whose final row is the model's answer.
 */
export function verdictOf(report: Report, wording: Wording): Verdict {
  const failed = report.checks.filter((check) => check.status === 'fail');
  if (failed.length > 0) return failedVerdict(failed, report, wording);
  const { base, ft } = report.models;
  const basePosition = base.positions.at(-1);
  if (basePosition === undefined) return { kind: 'single-model', headline: 'No position was read.', sentences: [] };
  const normSentences = readingSentences(report);
  const ftPosition = ft?.positions.at(-1);
  const change = report.comparison?.positions.at(-1);
  if (ftPosition === undefined || change === undefined || report.comparison === undefined) {
    const sentences = [sentence(settlingOf('it', basePosition, wording)), ...normSentences];
    return { kind: 'single-model', headline: `The model's answer is ${answer(basePosition, wording)}.`, sentences };
  }
  const pair = { base: basePosition, ft: ftPosition, change };
  const kind = pairKind(report.comparison, pair);
  return {
    kind,
    headline: headlineOf(kind, report.comparison, pair, wording),
    sentences: [...pairSentences(kind, report, pair, wording), ...normSentences],
  };
}

interface Pair {
  readonly base: PositionReport;
  readonly ft: PositionReport;
  readonly change: PositionComparison;
}

function failedVerdict(failed: readonly Check[], report: Report, wording: Wording): Verdict {
  const messages = new Set(failed.map((check) => sentence(wording.plain(check.message))));
  const [first, ...others] = messages;
  return {
    kind: 'failed-check',
    headline: `Not trustworthy: ${first}`,
    sentences: [...others, ...readingSentences(report)],
  };
}

function pairKind(comparison: Comparison, { base, ft, change }: Pair): VerdictReport['kind'] {
  if (comparison.identical) return 'identical';
  if (liesWithin(change) || onlyRounding(comparison)) return 'within-noise';
  if (base.final.top[0]?.id !== ft.final.top[0]?.id) return 'answer-changes';
  if (change.layers.some((row) => !row.sameTop1)) return 'same-answer';
  return change.layers.some((row) => row.jsNats > 0) ? 'same-top1' : 'same-distributions';
}

function headlineOf(kind: VerdictReport['kind'], comparison: Comparison, { base, ft }: Pair, wording: Wording): string {
  const [before, after] = [answer(base, wording), answer(ft, wording)];
  const sameAnswer = `${before} becomes ${percent(ft.final.top[0]?.prob ?? 0)}`;
  switch (kind) {
    case 'identical':
      return 'No difference found: every state of the two models is bit-identical.';
    case 'within-noise': {
      const change = base.final.top[0]?.id === ft.final.top[0]?.id ? sameAnswer : `${before} becomes ${after}`;
      return onlyRounding(comparison)
        ? `Only the rounding differs, both exports hold the same weights: ${change}.`
        : `Within noise, no row differs by more than under rounding alone: ${change}.`;
    }
    case 'same-distributions':
      return 'No difference shows: JS is 0 in every row.';
    case 'same-top1':
      return `The numbers differ, the top-1 is the same in every row: ${sameAnswer}.`;
    case 'same-answer':
      return `The top-1 differs on the way, the answer is the same: ${sameAnswer}.`;
    default:
      return `The answer changes: ${before} becomes ${after}.`;
  }
}

/** Where no hashes say why two models are identical. */
const EXPECTED_DIFFERENCE =
  'Both exports compute the same. If a difference was expected, see whether the adapter was merged at all.';

function pairSentences(kind: VerdictReport['kind'], report: Report, pair: Pair, wording: Wording): string[] {
  const { base, ft, change } = pair;
  const parts = partSentences(report.comparison, change, wording);
  if (kind === 'identical') return report.comparison?.parts?.known ? parts : [...parts, EXPECTED_DIFFERENCE];
  const floor = floorContext(report.comparison?.floor, change);
  const sentences = [
    otherRecipe(report),
    whereItDiffers(change),
    ...parts,
    settlingOfPair(base, ft, wording),
    routingSentence(change, report.models.base.expertsPerToken, floor?.position),
    otherPositions(report),
    routingOverPositions(report),
    ...noiseSentences(report.comparison, floor, base, wording),
  ];
  return sentences.filter((text) => text !== undefined);
}

/** Comes first: nothing else that is said of the pair holds for the training alone. */
function otherRecipe({ models, comparison }: Report): string | undefined {
  if (onlyRounding(comparison)) return 'This is what rounding alone does: the noise that --floor measures.';
  if (models.base.recipe === models.ft?.recipe) return undefined;
  return 'The weights of the two models are not stored in the same way: part of every difference is rounding, not training.';
}

function whereItDiffers(change: PositionComparison): string {
  const { firstDivergentLayer, firstTop1ChangeLayer } = change;
  const large = change.layers.find((row) => row.jsNats > LARGE_JS_NATS);
  const states =
    firstDivergentLayer === null ? 'States do not differ' : `States differ from ${layerWords(firstDivergentLayer)} on`;
  const top1 =
    firstTop1ChangeLayer === null ? 'top-1 never' : `top-1 for the first time in ${layerWords(firstTop1ChangeLayer)}`;
  const js =
    large === undefined
      ? `JS stays at or below ${LARGE_JS_NATS}`
      : `JS exceeds ${LARGE_JS_NATS} first in ${layerWords(large.layer)}`;
  return `${states}, ${top1}; ${js}.`;
}

function otherPositions({ models, comparison }: Report): string | undefined {
  const total = comparison?.positions.length ?? 0;
  if (total < 2) return undefined;
  const changed = models.base.positions.filter(
    ({ final }, index) => final.top[0]?.id !== models.ft?.positions[index]?.final.top[0]?.id,
  );
  const listed = changed.slice(0, LISTED_POSITIONS).map(({ position }) => position);
  const where = changed.length === 0 ? '' : ` (${listed.join(', ')}${changed.length > listed.length ? ', ...' : ''})`;
  return `This is about position ${comparison?.positions.at(-1)?.position}; the final top-1 differs at ${changed.length} of ${total} positions${where}.`;
}

function readingSentences({ settings }: Report): string[] {
  if (settings.norm === 'final') return [];
  return [
    "The rows were read without the final norm: they are not the model's predictions, and flat rows with an entropy near ln V are an artefact of that reading. The final prediction is the model's own.",
  ];
}

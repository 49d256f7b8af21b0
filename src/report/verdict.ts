import type { Check, Comparison, PositionComparison, PositionReport, Report } from './schema.ts';
import { divergence, layerWords, percent } from './numbers.ts';

type VerdictKind =
  | 'failed-check'
  | 'single-model'
  | 'identical'
  | 'same-distributions'
  | 'same-top1'
  | 'same-answer'
  | 'answer-changes';

export interface Verdict {
  readonly kind: VerdictKind;
  readonly headline: string;
  readonly sentences: readonly string[];
}

/** How the verdict writes text that came from a model or a file. */
export interface Wording {
  /** A token: `" me"`. */
  quote(text: string): string;
  /** A message or a name. */
  plain(text: string): string;
}

/** From here on a divergence is no detail: 0.1 nats is a seventh of the largest possible, ln 2. */
const LARGE_JS_NATS = 0.1;
const LISTED_POSITIONS = 12;

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
    headline: headlineOf(kind, pair, wording),
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

function pairKind(comparison: Comparison, { base, ft, change }: Pair): VerdictKind {
  if (comparison.identical) return 'identical';
  if (base.final.top[0]?.id !== ft.final.top[0]?.id) return 'answer-changes';
  if (change.layers.some((row) => !row.sameTop1)) return 'same-answer';
  return change.layers.some((row) => row.jsNats > 0) ? 'same-top1' : 'same-distributions';
}

function headlineOf(kind: VerdictKind, { base, ft }: Pair, wording: Wording): string {
  const [before, after] = [answer(base, wording), answer(ft, wording)];
  const sameAnswer = `${before} becomes ${percent(ft.final.top[0]?.prob ?? 0)}`;
  switch (kind) {
    case 'identical':
      return 'No difference found: every state of the two models is bit-identical.';
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

function pairSentences(kind: VerdictKind, report: Report, pair: Pair, wording: Wording): string[] {
  if (kind === 'identical') {
    return ['Both exports compute the same. If a difference was expected, see whether the adapter was merged at all.'];
  }
  const sentences = [whereItDiffers(pair.change), settling(pair, wording)];
  const routing = routingSentence(pair.change, report.models.base.expertsPerToken);
  if (routing !== undefined) sentences.push(routing);
  const others = otherPositions(report);
  if (others !== undefined) sentences.push(others);
  sentences.push('No noise floor was measured: small differences may be quantisation noise.');
  return sentences;
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

function settling({ base, ft }: Pair, wording: Wording): string {
  const [baseToken, ftToken] = [answerToken(base, wording), answerToken(ft, wording)];
  const both = settles(base) && settles(ft);
  if (!both)
    return [settlingOf('base', base, wording), settlingOf('the fine-tune', ft, wording)].map(sentence).join(' ');
  if (base.commitLayer === ft.commitLayer) {
    const tokens = baseToken === ftToken ? ` on ${ftToken}` : `: base on ${baseToken}, the fine-tune on ${ftToken}`;
    return `Both settle at ${layerWords(ft.commitLayer)}${tokens}.`;
  }
  const on = baseToken === ftToken ? '' : `on ${baseToken} `;
  const when = base.commitLayer > ft.commitLayer ? 'only' : 'already';
  return `The fine-tune settles on ${ftToken} at ${layerWords(ft.commitLayer)}, base ${on}${when} at ${layerWords(base.commitLayer)}.`;
}

function settlingOf(name: string, position: PositionReport, wording: Wording): string {
  const token = answerToken(position, wording);
  return settles(position)
    ? `${name} settles on ${token} at ${layerWords(position.commitLayer)}`
    : `${name} never settles: its answer ${token} is not the top-1 of the last row`;
}

/** Whether the last row's top-1 is the model's answer; read without the final norm it need not be. */
export function settles({ layers, final }: PositionReport): boolean {
  return layers.at(-1)?.top[0]?.id === final.top[0]?.id;
}

/** Shares of experts are counted, causes are not claimed: routing moves because states move, and the reverse. */
function routingSentence(change: PositionComparison, expertsPerToken: number): string | undefined {
  const layers = change.layers.flatMap(({ layer, routing }) => (routing === null ? [] : [{ layer, ...routing }]));
  const largest = layers.toSorted((a, b) => b.jsNats - a.jsNats)[0];
  if (largest === undefined) return undefined;
  if (largest.jsNats === 0) return 'Routing is the same in every layer.';
  const shared = expertsPerToken - largest.lost.length;
  return `The difference is associated with routing that moves most in ${layerWords(largest.layer)} (${shared} of ${expertsPerToken} experts shared, JS ${divergence(largest.jsNats)}).`;
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

function answerToken({ final }: PositionReport, wording: Wording): string {
  return wording.quote(final.top[0]?.text ?? '');
}

function answer({ final }: PositionReport, wording: Wording): string {
  const [first] = final.top;
  return first === undefined ? 'nothing' : `${wording.quote(first.text)} ${percent(first.prob)}`;
}

function sentence(text: string): string {
  const capitalised = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(text) ? capitalised : `${capitalised}.`;
}

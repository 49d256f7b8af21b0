import type { Generation, Writing, ReadContinuation } from '../analysis/generate/generate.ts';
import type { ChosenToken } from '../analysis/lens/readings.ts';
import type { ModelReadings, TimedReading } from '../analysis/reading/read-models.ts';
import { textOfTokens } from '../analysis/tokenizer/text-of-tokens.ts';
import { buildComparison } from './build-comparison.ts';
import { buildPositions, type ReportContext } from './build-model.ts';
import { buildExpertLoad } from './build-routing.ts';
import type { ContinuationReport, GenerationReport, WrittenToken } from './schema.ts';

/** Ranks of a token under the model that did not write it: up to this it is marginally shifted (arXiv:2312.01552). */
const LAST_MARGINAL_RANK = 3;

export function buildGeneration(
  { requested, writings, continuations }: Generation,
  context: ReportContext,
): GenerationReport {
  const [base, ft] = writings.map(({ timing }) => timing);
  const [first, second] = continuations.map(({ continuation }) => continuation.tokens);
  return {
    requested,
    continuations: continuations.map((continuation) => buildContinuation(continuation, context)),
    firstDifference: first && second ? firstDifference(first, second) : null,
    timing: { base: { ...(base as Writing['timing']) }, ...(ft && { ft: { ...ft } }) },
  };
}

function buildContinuation(
  { by, continuation, readings }: ReadContinuation,
  context: ReportContext,
): ContinuationReport {
  const { base, ft } = readings;
  const tokens = continuation.tokens.map(({ id }, i): WrittenToken => {
    const [inBase, inFt] = [base.chosen[i], ft?.chosen[i]];
    return {
      position: context.promptIds.length + i,
      id,
      text: context.tokenText(id),
      base: { ...(inBase as ChosenToken) },
      ...(inFt && { ft: { ...inFt } }),
    };
  });
  return {
    by,
    tokens,
    text: textOfTokens(tokens.map(({ text }) => text)),
    stoppedBy: continuation.stoppedBy,
    ...(ft && { shifts: shiftsOf(tokens, by) }),
    models: { base: readModel(base, context), ...(ft && { ft: readModel(ft, context) }) },
    ...(ft && { comparison: compareReadings(readings, ft) }),
  };
}

function readModel({ reading }: TimedReading, context: ReportContext): ContinuationReport['models']['base'] {
  const load = buildExpertLoad(reading);
  return { positions: buildPositions(reading, context), ...(load && { expertLoad: load }) };
}

function compareReadings(
  { base }: ModelReadings,
  ft: NonNullable<ModelReadings['ft']>,
): NonNullable<ContinuationReport['comparison']> {
  const { identical, positions, routing } = buildComparison(base.reading, ft.reading, ft.pair);
  return { identical, positions, ...(routing && { routing }) };
}

/** Tokens by their rank under the other model. What both wrote is the fine-tune's to judge. */
function shiftsOf(tokens: readonly WrittenToken[], by: ContinuationReport['by']): ContinuationReport['shifts'] {
  const shifts = { unshifted: 0, marginal: 0, shifted: 0 };
  for (const token of tokens) {
    const rank = (by === 'ft' ? token.base : token.ft)?.rank ?? 1;
    if (rank === 1) shifts.unshifted += 1;
    else if (rank <= LAST_MARGINAL_RANK) shifts.marginal += 1;
    else shifts.shifted += 1;
  }
  return shifts;
}

/** The index of the first token that the two do not share; null when one is as the other. */
function firstDifference(
  first: readonly { readonly id: number }[],
  second: readonly { readonly id: number }[],
): number | null {
  const length = Math.max(first.length, second.length);
  for (let i = 0; i < length; i += 1) if (first[i]?.id !== second[i]?.id) return i;
  return null;
}

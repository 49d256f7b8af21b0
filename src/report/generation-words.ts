import { percent, tokenCount } from './numbers.ts';
import type { ContinuationReport, GenerationReport, WrittenToken } from './schema.ts';

/** Text of a model in a sentence. */
type Quote = (text: string) => string;

/** Who wrote a continuation, as the head of its tokens. */
export function writerLabel(continuation: ContinuationReport): 'base' | 'fine-tune' | 'both' | 'the model' {
  return continuation.by === 'both' ? 'both' : (writerWords(continuation) as 'base' | 'fine-tune' | 'the model');
}

/** Who wrote a continuation, in a report of one model or two. */
export function writerWords({ by, models }: ContinuationReport): 'base' | 'fine-tune' | 'both models' | 'the model' {
  if (by === 'both') return 'both models';
  if (by === 'ft') return 'fine-tune';
  return models.ft === undefined ? 'the model' : 'base';
}

/** `11 tokens, the last ends the text` */
export function lengthWords({ tokens, stoppedBy }: ContinuationReport): string {
  const count = tokenCount(tokens.length);
  if (stoppedBy === 'length') return count;
  return `${count}, ${stoppedBy === 'context' ? 'the model reads no more' : 'the last ends the text'}`;
}

/** Where the continuations part; undefined for one model. */
export function partingSentence(
  { continuations, firstDifference }: GenerationReport,
  quote: Quote,
): string | undefined {
  const [first, second] = continuations;
  if (first === undefined || first.models.ft === undefined) return undefined;
  if (second === undefined || firstDifference === null)
    return first.tokens.length === 1
      ? 'Both write the same token.'
      : `Both write the same ${first.tokens.length} tokens.`;
  const words = (token: WrittenToken | undefined, by: 'base' | 'ft') =>
    token === undefined ? 'nothing more' : `${quote(token.text)} ${percent(token[by]?.prob ?? 0)}`;
  const [inBase, inFt] = [first.tokens[firstDifference], second.tokens[firstDifference]];
  return `They part at token ${firstDifference + 1}: base writes ${words(inBase, 'base')}, fine-tune ${words(inFt, 'ft')}.`;
}

/** How surprising what one model wrote is to the other; undefined where both wrote it, and for one model. */
export function shiftSentence({ by, tokens, shifts }: ContinuationReport): string | undefined {
  if (shifts === undefined || by === 'both') return undefined;
  const [writer, judge] = by === 'base' ? ["base's", 'fine-tune'] : ["fine-tune's", 'base'];
  const { unshifted, marginal, shifted } = shifts;
  return `Of ${writer} ${tokenCount(tokens.length)}, ${judge} ranks ${unshifted} first, ${marginal} second or third, ${shifted} lower.`;
}

/** What the model that did not write a token makes of it; undefined for one model. */
export function judgement(token: WrittenToken, by: ContinuationReport['by']): WrittenToken['ft'] {
  return by === 'ft' ? token.base : token.ft;
}

import { continuationReport } from '../../report/continuation-report.ts';
import {
  judgement,
  lengthWords,
  partingSentence,
  shiftSentence,
  writerLabel,
  writerWords,
} from '../../report/generation-words.ts';
import { tokenCount } from '../../report/numbers.ts';
import type { ContinuationReport, Report } from '../../report/schema.ts';
import type { Style, TableView } from '../style.ts';
import { displayWidth } from '../width.ts';
import { positionMap } from './position-map.ts';
import { readingsOf } from './reading.ts';
import { sideBySide } from './side-by-side.ts';
import { percentWords } from './spoken-numbers.ts';
import { wrap } from './wrap.ts';
import { WIDE, writtenTokens } from './written-tokens.ts';

const HEAD = 'Generation  ';
/** Columns of a text beside which there is room for more. */
const SHORTEST_TEXT = 36;

/** What the models write on: the texts, token by token with what each model makes of the other's, and where they part. */
export function generation(report: Report, view: TableView, style: Style): string[] {
  const written = report.generation;
  if (written === undefined) return [];
  const { continuations, requested, firstDifference } = written;
  const pair = continuations.some(({ models }) => models.ft !== undefined);
  const columns = [
    ...(style.width >= WIDE ? ['from: top-1 since'] : []),
    ...(pair ? ['ft, base, rank: under the other model'] : []),
  ];
  return [
    ...wrap(HEAD, [`greedy, up to ${tokenCount(requested)}`, ...columns].join('; '), style.width),
    ...continuations.flatMap((continuation) => textLines(continuation, style)),
    '',
    ...sideBySide(writtenTokens(continuations, firstDifference, style), style),
    ...conclusions(report, style).flatMap((sentence) => wrap('', sentence, style.width)),
    ...(view.map === undefined ? [] : continuations.flatMap((each) => mapOf(each, report, view, style))),
  ];
}

/** As much of the text as fits a line; all of it stands in the list below. */
function textLines(continuation: ContinuationReport, style: Style): string[] {
  const head = `  ${writerLabel(continuation)}`.padEnd(HEAD.length + 1);
  const facts = lengthWords(continuation);
  const room = style.width - head.length - 2;
  const beside = room - facts.length - 2;
  const whole = displayWidth(style.quote(continuation.text)) - 2;
  if (beside >= Math.min(whole, SHORTEST_TEXT)) return [`${head}${style.quote(continuation.text, beside)}  ${facts}`];
  return [`${head}${style.quote(continuation.text, room)}`, ...wrap(' '.repeat(head.length), facts, style.width)];
}

/** The same in sentences. */
export function generationSentences(report: Report, style: Style): string[] {
  const written = report.generation;
  if (written === undefined) return [];
  return [
    ...written.continuations.flatMap((continuation) => [
      `Continuation by ${writerWords(continuation)}: ${style.quote(continuation.text)}, ${lengthWords(continuation)}.`,
      ...continuation.tokens.map((token, i) => {
        const { by } = continuation;
        const [own, other] = [by === 'ft' ? token.ft : token.base, judgement(token, by)];
        const judged =
          other === undefined
            ? ''
            : `; under ${by === 'ft' ? 'base' : 'fine-tune'} ${percentWords(other.prob)}, rank ${other.rank}`;
        return `Token ${i + 1}, ${style.quote(token.text)} ${percentWords(own?.prob ?? 0)}${judged}.`;
      }),
    ]),
    ...conclusions(report, style),
  ];
}

function conclusions({ generation: written }: Report, style: Style): string[] {
  if (written === undefined) return [];
  const sentences = [
    partingSentence(written, (text) => style.quote(text)),
    ...written.continuations.map((continuation) => shiftSentence(continuation)),
  ];
  return sentences.filter((sentence) => sentence !== undefined);
}

/** Layers × positions of one continuation. */
function mapOf(continuation: ContinuationReport, report: Report, view: TableView, style: Style): string[] {
  const read = continuationReport(report, continuation);
  const title = `Written by ${writerWords(continuation)}: the states that chose the tokens`;
  return [
    '',
    ...wrap('', title, style.width).map(style.palette.bold),
    ...positionMap(readingsOf(read, style), read, view, style),
  ];
}

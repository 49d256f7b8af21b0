import { continuationReport } from '../../report/continuation-report.ts';
import { judgement, lengthWords, partingSentence, shiftSentence } from '../../report/generation-words.ts';
import type { ContinuationReport, GenerationReport, Report } from '../../report/schema.ts';
import { settles } from '../../report/verdict.ts';
import { quoteText } from '../quote-text.ts';
import { column } from './columns.ts';
import type { ContinuationData, GenerationData, PageData } from './page-data.ts';

/** @param pageOf the numbers of a report, as {@link PageData} */
export function generationData(report: Report, pageOf: (read: Report) => PageData): GenerationData | null {
  const written = report.generation;
  if (written === undefined) return null;
  const sentences = [partingSentence(written, quoteText), ...written.continuations.map(shiftSentence)];
  return {
    requested: written.requested,
    sentences: sentences.filter((sentence) => sentence !== undefined),
    continuations: written.continuations.map((continuation) => ({
      ...continuationData(continuation, written),
      start: report.prompt.tokens.length,
      page: { ...pageOf(continuationReport(report, continuation)), title: titleOf(continuation) },
    })),
  };
}

function continuationData(
  continuation: ContinuationReport,
  { firstDifference }: GenerationReport,
): Omit<ContinuationData, 'start' | 'page'> {
  const { by, tokens, models } = continuation;
  const positions = (by === 'ft' ? models.ft : models.base)?.positions ?? [];
  const judged = tokens.map((token) => judgement(token, by));
  return {
    writer: writerOf(continuation),
    length: lengthWords(continuation),
    firstDifference,
    prob: column(tokens, (token) => (by === 'ft' ? token.ft : token.base)?.prob),
    settled: column(
      tokens.map((_, index) => positions[index]),
      (position) => (settles(position) ? position.commitLayer : null),
    ),
    judge:
      models.ft === undefined
        ? null
        : {
            label: by === 'ft' ? 'base' : 'fine-tune',
            prob: column(judged, ({ prob }) => prob),
            rank: column(judged, ({ rank }) => rank),
          },
  };
}

function writerOf({ by, models }: ContinuationReport): ContinuationData['writer'] {
  if (by === 'both') return 'Both';
  if (by === 'ft') return 'Fine-tune';
  return models.ft === undefined ? 'Model' : 'Base';
}

function titleOf(continuation: ContinuationReport): string {
  const writers = { Both: 'both models', 'Fine-tune': 'the fine-tune', Base: 'base', Model: 'the model' } as const;
  return `Prompt, and what ${writers[writerOf(continuation)]} wrote`;
}

import { parentPort } from 'node:worker_threads';
import { FtLensError } from '../../../errors.ts';
import { openTokenizer, type OpenTokenizer } from '../open-tokenizer.ts';
import type { Calls, Call, Question, Reply } from './messages.ts';

/** The tokenizer thread: answers one question after the other, until it is terminated. */
let tokenizer: OpenTokenizer | undefined;

parentPort?.on('message', (message: Question) => parentPort?.postMessage(reply(message)));

function reply(message: Question): Reply {
  try {
    return { answer: answer(message) };
  } catch (error) {
    if (!(error instanceof FtLensError))
      return { defect: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    const { message: sentence, kind, where, expected, got, remedy } = error;
    return { failure: { message: sentence, details: { kind, where, expected, got, remedy } } };
  }
}

function answer(message: Question): Calls[Call]['answer'] {
  if (message.call === 'load') {
    tokenizer = openTokenizer(message.question);
    return tokenizer.vocabulary;
  }
  if (tokenizer === undefined) throw new Error('the tokenizer thread was asked before it was loaded');
  if (message.call === 'chat') return tokenizer.applyChatTemplate(message.question);
  return tokenizer.encode(message.question.text, message.question.addSpecialTokens);
}

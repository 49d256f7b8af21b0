import { parentPort, workerData } from 'node:worker_threads';
import { FtLensError } from '../../../errors.ts';
import { openTokenizer, type OpenTokenizer } from '../open-tokenizer.ts';
import type { Call, Calls, Question, Reply, TokenizerSources } from './messages.ts';

/** The tokenizer thread: answers one question after the other, until it is terminated. */
let tokenizer: OpenTokenizer | undefined;

parentPort?.on('message', (message: Question) => parentPort?.postMessage(reply(message)));
// The first message says that everything is loaded.
parentPort?.postMessage('loaded');

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

function answer({ call, question }: Question): Calls[Call]['answer'] {
  tokenizer ??= openTokenizer(workerData as TokenizerSources);
  switch (call) {
    case 'check':
      return tokenizer.check();
    case 'encode':
      return tokenizer.encode(question.text, question.addSpecialTokens);
    case 'chat':
      return tokenizer.applyChatTemplate(question);
  }
}

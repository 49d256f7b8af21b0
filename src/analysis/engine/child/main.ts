import type { AnswerMessage, RequestMessage } from '../protocol.ts';
import { answer } from './runtime.ts';

/**
 * The process in which ONNX Runtime lives: a damaged graph or a lack of memory can kill the native runtime, and a
 * native call cannot be interrupted from within its own process. Requests are answered one after the other.
 */
let last: Promise<void> = Promise.resolve();

process.on('message', (message: RequestMessage) => {
  last = last.then(() => respond(message));
});

// The parent decides when to stop; a Ctrl-C reaches the whole group of processes.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));

async function respond({ id, request }: RequestMessage): Promise<void> {
  let message: AnswerMessage;
  try {
    message = { id, answer: await answer(request) };
  } catch (error) {
    message = { id, failure: error instanceof Error ? error.message : String(error) };
  }
  // With nobody left to hear it, 'disconnect' ends this process.
  process.send?.(message, undefined, undefined, () => {});
}

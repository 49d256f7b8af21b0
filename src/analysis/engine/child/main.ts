import type { EngineDevice } from '../engine-device.ts';
import type { AnswerMessage, RequestMessage } from '../protocol.ts';
import { loadLibraries } from './libraries.ts';
import type { Runtime } from './runtime.ts';

/**
 * The process in which ONNX Runtime lives: a damaged graph or a lack of memory can kill the native runtime, and a
 * native call cannot be interrupted from within its own process. Requests are answered one after the other.
 */
const device = JSON.parse(process.argv[2] as string) as EngineDevice;
const starting = start();
// Whoever asks first is told; until then nobody waits for it.
starting.catch(() => {});
let last: Promise<void> = Promise.resolve();

process.on('message', (message: RequestMessage) => {
  last = last.then(() => respond(message));
});

// The parent decides when to stop; a Ctrl-C reaches the whole group of processes.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));

async function start(): Promise<Runtime> {
  loadLibraries(device);
  // Only now: importing the runtime binds it to the libraries that are mapped at that moment.
  const module = await import('./runtime.ts');
  const runtime = new module.Runtime(device);
  await runtime.warmUp();
  return runtime;
}

async function respond({ id, request }: RequestMessage): Promise<void> {
  let message: AnswerMessage;
  try {
    const runtime = await starting;
    message = { id, answer: await runtime.answer(request) };
  } catch (error) {
    message = { id, failure: error instanceof Error ? error.message : String(error) };
  }
  // With nobody left to hear it, 'disconnect' ends this process.
  process.send?.(message, undefined, undefined, () => {});
}

import { FtLensError, runtimeError } from '../../errors.ts';
import { deviceFailure } from './device-failures.ts';
import type { EngineDevice } from './engine-device.ts';

/** What the engine was asked to do when something happened. */
export interface Activity {
  readonly phase: 'starting the runtime' | 'loading' | 'running' | 'releasing';
  /** the file or graph that this is about */
  readonly where: string;
}

/** How the child process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** the end of its stderr */
  readonly errorText: string;
}

/** Messages of the runtime can be megabytes long. */
const MESSAGE_LENGTH = 400;

export function interrupted(): FtLensError {
  return new FtLensError('The analysis was interrupted.', { kind: 'interrupted' });
}

/** How the C++ library, ONNX Runtime, V8 and the system say that there is no memory left. */
const OUT_OF_MEMORY = /bad_alloc|bad allocation|out of memory|Failed to allocate memory|Cannot allocate memory|ENOMEM/i;

const NEEDS_LESS_MEMORY = 'end other programs, or ask for less at once: fewer --positions, a shorter prompt';
const INSTALL_AGAIN = 'install ft-lens again (npm ci); ONNX Runtime needs Linux with glibc 2.28, macOS or Windows';

/** The child process ended although nobody asked it to. */
export function crashed({ code, signal, errorText }: ProcessEnd, { phase, where }: Activity): FtLensError {
  const place = `${where} (${phase})`;
  // A heap that is full ends V8 by SIGABRT.
  if (signal !== null && OUT_OF_MEMORY.test(errorText)) return noMemory(place, `signal ${signal}`);
  if (signal === 'SIGKILL')
    return runtimeError('The runtime was killed, most likely for want of memory.', {
      where: place,
      got: 'signal SIGKILL',
      remedy: NEEDS_LESS_MEMORY,
    });
  if (signal !== null && phase === 'starting the runtime')
    return runtimeError('The runtime crashed while it started.', {
      where,
      got: `signal ${signal}`,
      remedy: `ft-lens doctor looks at this machine; ${INSTALL_AGAIN}`,
    });
  if (signal !== null)
    return runtimeError('The runtime crashed on this model.', {
      where: place,
      got: `signal ${signal}`,
      remedy: 'export the model again; if it crashes again, report it with the output of ft-lens inspect',
    });
  return runtimeError('The runtime ended unexpectedly.', {
    where: place,
    got: `exit code ${code}${errorText === '' ? '' : `: ${shorten(reasonIn(errorText))}`}`,
    remedy: INSTALL_AGAIN,
  });
}

function noMemory(where: string, got: string): FtLensError {
  return runtimeError('The memory of this machine does not suffice.', { where, got, remedy: NEEDS_LESS_MEMORY });
}

/** The runtime refused a graph, or a calculation failed. */
export function refused(
  message: string,
  { phase, where }: Activity,
  device: EngineDevice = { kind: 'cpu' },
): FtLensError {
  const got = withoutSourcePaths(message);
  const aboutDevice = deviceFailure(device, message, got, where);
  if (aboutDevice) return aboutDevice;
  if (OUT_OF_MEMORY.test(message)) return noMemory(`${where} (${phase})`, got);
  const failure = phase === 'loading' ? 'ONNX Runtime cannot load this model.' : 'ONNX Runtime failed on this model.';
  return runtimeError(failure, {
    where,
    got,
    remedy: 'compare its files with their hashes: ft-lens inspect EXPORT --verify',
  });
}

/** `/src/…/file.cc:123 type namespace::Function(arguments) `, or without a folder and with the bare function's name */
const SOURCE_PLACE = /\S*\.(?:cc|cpp|h|hpp|cu):\d+ (?:[^\n(]*\w\([^\n]*?\)(?:::<lambda\(.*?\)>)? (?:const )?|\w+ )/g;

/** What follows a function's name and a failed call of CUDA: template arguments; the host and the source of the call */
const CALL_DETAILS = /\[with [^\]]*\] |\s*; GPU=[^\n]*/g;

/** Leaves out what only the runtime's own developers can use: source files, lines, functions and calls. */
export function withoutSourcePaths(message: string): string {
  const start = message
    .slice(0, 10 * MESSAGE_LENGTH)
    .replaceAll(SOURCE_PLACE, '')
    .replaceAll(CALL_DETAILS, '');
  return shorten(start.replaceAll(/\s+/g, ' ').trim());
}

function shorten(text: string): string {
  return text.length <= MESSAGE_LENGTH ? text : `${text.slice(0, MESSAGE_LENGTH)}…`;
}

/** The line that names the error: Node.js writes source and stack around it, and its own version last. */
function reasonIn(errorText: string): string {
  const lines = errorText.trimEnd().split('\n');
  return lines.findLast((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? '';
}

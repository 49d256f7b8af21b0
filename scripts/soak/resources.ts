import { getEventListeners } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What a process holds at a moment at which it should hold nothing but itself. */
export interface Holdings {
  /** Resident memory, bytes. */
  readonly resident: number;
  /** JavaScript's heap and what hangs on it, bytes. */
  readonly heap: number;
  readonly threads: number;
  readonly files: number;
  readonly children: number;
  /** Timers, sockets, pipes and the like that keep the event loop. */
  readonly handles: number;
  /** On the process and on a signal that every run is given. */
  readonly listeners: number;
  /** Files in the folders for temporary files and of the user. */
  readonly leftFiles: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** @param folders in which nothing may be left */
export async function holdings(signal: AbortSignal, folders: readonly string[]): Promise<Holdings> {
  // What has been ended may still be on its way out.
  await new Promise((resolve) => setTimeout(resolve, 100));
  collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  const tasks = readdirSync('/proc/self/task');
  return {
    resident: rss,
    heap: heapUsed + external,
    threads: tasks.length,
    files: readdirSync('/proc/self/fd').length,
    children: tasks.reduce((sum, task) => sum + childrenOf(task), 0),
    handles: process.getActiveResourcesInfo().length,
    listeners: listenersOf(process) + getEventListeners(signal, 'abort').length,
    leftFiles: folders.reduce((sum, folder) => sum + readdirSync(folder, { recursive: true }).length, 0),
  };
}

function childrenOf(task: string): number {
  return readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean).length;
}

function listenersOf(emitter: NodeJS.EventEmitter): number {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
}

import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import * as z from 'zod';

/** A process that holds a lock. */
export const lockOwnerSchema = z.object({
  pid: z.int().positive(),
  host: z.string(),
  /** When it took the lock: ISO 8601, UTC. */
  since: z.string(),
  /** Of the installed system, hashed: hosts can share a name. Undefined where the system has none, as many containers. */
  machine: z.string().optional(),
  /** Of the running system; another one after each start. Undefined where the system does not tell. */
  boot: z.string().optional(),
  /** Within which the number of a process means something: containers of one machine have each their own. */
  processes: z.string().optional(),
  /** When the process began, in ticks of the system: tells it from a later one with the same number. */
  started: z.string().optional(),
});

export type LockOwner = Readonly<z.infer<typeof lockOwnerSchema>>;

export async function thisProcess(): Promise<LockOwner> {
  return {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    machine: await machineId(),
    boot: await bootId(),
    processes: await readlink('/proc/self/ns/pid').catch(() => undefined),
    started: (await processStatus(process.pid))?.started,
  };
}

/** What tells which processes can be asked for. */
type Place = Pick<LockOwner, 'host' | 'machine' | 'boot' | 'processes'>;

/**
 * Whether an owner may still be at work. One that cannot be asked counts as alive: a process of another machine, which
 * may have the same name, or of another container.
 * @param self a process of this machine
 */
export async function mayBeAlive(owner: LockOwner, self: Place): Promise<boolean> {
  if (owner.host !== self.host) return true;
  // The same machine, started again, has ended all its processes.
  if (owner.boot !== self.boot) return owner.machine === undefined || owner.machine !== self.machine;
  if (owner.processes !== self.processes) return true;
  if (!processExists(owner.pid)) return false;
  const status = await processStatus(owner.pid);
  if (status === undefined) return true;
  return !status.ended && (owner.started === undefined || owner.started === status.started);
}

function processExists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: somebody else's process, but there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Of machine-id(5), which is not to be told as it is. */
async function machineId(): Promise<string | undefined> {
  const id = (await readFile('/etc/machine-id', 'utf8').catch(() => '')).trim();
  return id === '' ? undefined : createHash('sha256').update(`ft-lens lock ${id}`).digest('hex').slice(0, 16);
}

async function bootId(): Promise<string | undefined> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined))?.trim();
}

/** From /proc/PID/stat, see proc_pid_stat(5); undefined where there is no /proc. */
async function processStatus(pid: number): Promise<{ ended: boolean; started: string | undefined } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  if (text === undefined) return undefined;
  // Field 2, the program's name, stands in brackets and may hold anything; fields 3 and 22 are state and start time.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { ended: fields[0] === 'Z' || fields[0] === 'X', started: fields[19] };
}

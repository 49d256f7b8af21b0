import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { takeLock } from '../../../src/export/folder/lock.ts';
import { type LockOwner, mayBeAlive, thisProcess } from '../../../src/export/folder/lock-owner.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

const root = temporaryFolder();
const self = await thisProcess();
const MACHINE = '0123456789abcdef';

/** A process that has ended: its number is free, or somebody else's by now. */
async function endedProcess(): Promise<LockOwner> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  const pid = child.pid as number;
  await once(child, 'exit');
  return { ...self, pid, started: '1' };
}

describe('the owner of a lock', () => {
  it('is alive when it is this process', async () => {
    expect(await mayBeAlive(self, self)).toBe(true);
  });

  it.each([
    ['has ended', endedProcess],
    ['ran before the system was started again', async () => ({ ...self, machine: MACHINE, boot: 'another' })],
    ['had the number of a process that was started since', async () => ({ ...self, started: '1' })],
  ])('is not when it %s', async (_, owner) => {
    expect(await mayBeAlive(await owner(), { ...self, machine: MACHINE })).toBe(false);
  });

  it.each([
    ['on another machine', { host: 'elsewhere' }],
    ['on another machine of the same name', { machine: 'another', boot: 'another' }],
    ['on a machine of the same name that tells nothing of itself', { machine: undefined, boot: 'another' }],
    ['in another container of this machine', { processes: 'pid:[1]' }],
  ])('counts as alive when it is %s, which cannot be asked', async (_, place) => {
    expect(await mayBeAlive({ ...(await endedProcess()), ...place }, { ...self, machine: MACHINE })).toBe(true);
  });

  it('is not alive as a zombie', async () => {
    // The shell starts a process that ends at once, and becomes one that never asks for its result.
    const shell = spawn('sh', ['-c', 'sleep 0.05 & echo $!; exec sleep 5'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = (await once(shell.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'latin1')).toContain(') Z ');
    expect(await mayBeAlive({ ...self, pid, started: undefined }, self)).toBe(false);
    shell.kill();
  });
});

describe('an owner in another container', () => {
  it('is not taken for dead because its number means nothing here', async ({ skip }) => {
    // A namespace of processes of its own, as containers have.
    const script = "process.stdout.write(require('fs').readlinkSync('/proc/self/ns/pid')); setInterval(() => {}, 1000)";
    const flags = ['--pid', '--fork', '--mount-proc', '--kill-child', process.execPath, '--eval', script];
    const container = spawn('unshare', flags, { stdio: ['ignore', 'pipe', 'ignore'] });
    const [namespace] = (await Promise.race([
      once(container.stdout, 'data'),
      once(container, 'exit').then(() => [undefined]),
      once(container, 'error').then(() => [undefined]),
    ])) as [Buffer | undefined];
    if (namespace === undefined) return skip('no right to make a namespace');
    try {
      // There it has a small number, which may be free here.
      const owner = { ...(await endedProcess()), started: undefined, processes: namespace.toString() };
      expect(owner.processes).not.toBe(self.processes);
      expect(await mayBeAlive(owner, self)).toBe(true);
    } finally {
      container.kill();
    }
  });
});

describe('a lock', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(root, 'case-'));
  });
  const leave = (name: string, owner: LockOwner): void => writeFileSync(join(folder, name), JSON.stringify(owner));

  it('is had by one, and told to the next', async () => {
    const lock = await takeLock(folder, self);
    expect(lock).toBe(join(folder, 'lock.1'));
    expect(await takeLock(folder, self)).toMatchObject({ file: lock, owner: self });
    await rm(lock as string);
    expect(await takeLock(folder, self)).toBe(join(folder, 'lock.1'));
  });

  it('of a dead process is taken over', async () => {
    leave('lock.7', await endedProcess());
    expect(await takeLock(folder, self)).toBe(join(folder, 'lock.8'));
    expect(readdirSync(folder)).toEqual(['lock.8']);
  });

  it('of a living process is respected, whatever lies beside it', async () => {
    leave('lock.3', { ...self, host: 'elsewhere' });
    leave('lock.9', await endedProcess());
    expect(await takeLock(folder, self)).toMatchObject({ owner: { host: 'elsewhere' } });
    expect(readdirSync(folder)).toEqual(['lock.3', 'lock.9']);
  });

  it('that is being written belongs to somebody, but not for ever', async () => {
    const file = join(folder, 'lock.1');
    writeFileSync(file, '{"pid":');
    expect(await takeLock(folder, self)).toEqual(expect.objectContaining({ file, owner: undefined }));
    const aMinuteAgo = Date.now() / 1000 - 60;
    utimesSync(file, aMinuteAgo, aMinuteAgo);
    expect(await takeLock(folder, self)).toBe(join(folder, 'lock.2'));
  });

  it('goes to at most one of many that come at once, after a crash, too', async () => {
    leave('lock.1', await endedProcess());
    const results = await Promise.all(Array.from({ length: 20 }, () => takeLock(folder, self)));
    const taken = results.filter((result) => typeof result === 'string');
    expect(taken.length).toBeLessThanOrEqual(1);
    expect(readdirSync(folder).map((name) => join(folder, name))).toEqual(taken);
  });
});

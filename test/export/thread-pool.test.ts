import { getEventListeners } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ThreadPool } from '../../src/export/thread-pool.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const folder = temporaryFolder();

describe('a pool of threads', () => {
  it('says what to do when the program is not built', () => {
    expect(() => new ThreadPool<string, void>('no-such-file.js', 2)).toThrow('A part of ft-lens is missing.');
  });

  it('passes on what a task throws', async () => {
    const pool = new ThreadPool<unknown, void>('encode/worker.js', 1);
    await expect(pool.run({ sources: 'nonsense' })).rejects.toThrow(TypeError);
    await pool.close();
  });

  it('ends at once when it is to be stopped, whatever its threads do', async () => {
    const worker = join(folder, 'endless.mjs');
    writeFileSync(worker, 'export default () => { for (;;); };');
    const controller = new AbortController();
    const pool = new ThreadPool<string, void>(pathToFileURL(worker).href, 2, controller.signal);
    const tasks = Array.from({ length: 5 }, () => pool.run(''));
    setTimeout(() => controller.abort(new Error('enough')), 50);
    for (const task of tasks) await expect(task).rejects.toThrow('enough');
    await expect(pool.run('')).rejects.toThrow('enough');
    await pool.close();
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it.each([
    ['ends itself', 'process.exit(7)', 'The thread ended with exit code 7.'],
    [
      'fails outside of the task',
      "setImmediate(() => { throw new Error('late') }); return new Promise(() => {})",
      'late',
    ],
  ])('fails when a thread %s, and can be closed', async (_, body, message) => {
    const worker = join(folder, `${message.length}.mjs`);
    writeFileSync(worker, `export default () => { ${body}; };`);
    const pool = new ThreadPool<string, void>(pathToFileURL(worker).href, 2);
    await expect(pool.run('')).rejects.toThrow(message);
    await pool.close();
  });
});

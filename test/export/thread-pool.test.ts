import { describe, expect, it } from 'vitest';
import { ThreadPool } from '../../src/export/thread-pool.ts';

describe('a pool of threads', () => {
  it('says what to do when the program is not built', () => {
    expect(() => new ThreadPool<string, void>('no-such-file.js', 2)).toThrow('A part of ft-lens is missing.');
  });

  it('passes on what a task throws', async () => {
    const pool = new ThreadPool<unknown, void>('encode/worker.js', 1);
    await expect(pool.run({ sources: 'nonsense' })).rejects.toThrow(TypeError);
    await pool.close();
  });
});

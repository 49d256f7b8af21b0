import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { PageCache } from '../../../../src/analysis/reading/read-ahead/page-cache.ts';

const folder = mkdtempSync(join(tmpdir(), 'ft-lens-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'data'), new Uint8Array(2 ** 20));
const all = { file: 'data', offset: 0, length: 2 ** 20 };

/** Time that passes with every look at the clock, in ms, as it does for bytes that come late. */
function lateBy(ms: number): void {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += ms));
}

/** Blocks that are fetched from the disk between two looks at their count. */
function fetching(blocks: number): void {
  const usage = process.resourceUsage();
  let fsRead = 0;
  vi.spyOn(process, 'resourceUsage').mockImplementation(() => ({ ...usage, fsRead: (fsRead += blocks) }));
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('PageCache', () => {
  it.each([
    ['bytes that come late and were fetched are from the disk', 1, 8, false],
    ['bytes that come at once are in memory, whatever else the process reads', 0.001, 8, true],
    ['late bytes alone tell of a file system that counts nothing', 1, 0, false],
  ])('%s', async (_name, ms, blocks, inMemory) => {
    const cache = await PageCache.open(folder, ['data']);
    lateBy(ms);
    fetching(blocks);
    expect(cache.holds([all])).toBe(inMemory);
    await cache.close();
  });

  it('some late bytes of which none was fetched tell of a busy machine', async () => {
    const cache = await PageCache.open(folder, ['data']);
    fetching(0);
    let [now, looks] = [0, 0];
    // Two looks at the clock for each byte; one byte of three comes late.
    vi.spyOn(performance, 'now').mockImplementation(() => (now += ++looks % 6 === 0 ? 1 : 0.001));
    expect(cache.holds([all])).toBe(true);
    await cache.close();
  });

  it('finds a file that was just written in memory, and reads it again without complaint', async () => {
    const cache = await PageCache.open(folder, ['data']);
    // However busy the machine is.
    expect(cache.holds([all])).toBe(true);
    await cache.read([all, { ...all, offset: 5, length: 7 }]);
    await cache.close();
  });

  it('leaves files and bytes that are not there to whoever needs them', async () => {
    const cache = await PageCache.open(folder, ['data', 'missing']);
    await cache.read([
      { file: 'missing', offset: 0, length: 10 },
      { file: 'data', offset: 2 ** 30, length: 10 },
    ]);
    expect(cache.holds([{ file: 'missing', offset: 0, length: 10 }])).toBe(true);
    expect(cache.holds([])).toBe(true);
    await cache.close();
  });
});

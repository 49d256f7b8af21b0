import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PageCache } from '../../../../src/analysis/reading/read-ahead/page-cache.ts';

const folder = mkdtempSync(join(tmpdir(), 'ft-lens-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'data'), new Uint8Array(2 ** 20));
const all = { file: 'data', offset: 0, length: 2 ** 20 };

describe('PageCache', () => {
  it('finds a file that was just written in memory, and reads it again without complaint', async () => {
    const cache = await PageCache.open(folder, ['data']);
    // A sample taken while the machine is busy may look slow once.
    expect([1, 2, 3, 4, 5].some(() => cache.holds([all]))).toBe(true);
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

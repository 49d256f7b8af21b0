import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLI, FIXTURES, ftLens, temporaryFolder } from '../helpers/cli.ts';
import { parseCsv } from '../render/parse-csv.ts';

const PROMPT = 'You are a fox. you are fox, give say a';
const ANALYZE = ['analyze', PROMPT, '--base', 'base-int4', '--ft', 'ft-int4', '--positions', 'all', '--quiet'];
const TRACK = ['--track', 'You', '--track', 'the,are'];

let folder: string;
const inFolder = (args: readonly string[]): ReturnType<typeof ftLens> => ftLens(args, { cwd: folder });

beforeAll(async () => {
  folder = temporaryFolder();
  const checkpoint = join(FIXTURES, 'tiny-published');
  const adapter = join(FIXTURES, 'adapters/tiny-published/attention-experts');
  await inFolder(['export', '--checkpoint', checkpoint, '--out', 'base-int4']);
  await inFolder(['export', '--checkpoint', checkpoint, '--adapter', adapter, '--out', 'ft-int4']);
  writeFileSync(join(folder, 'report.json'), (await inFolder([...ANALYZE, ...TRACK, '--json'])).stdout);
});
afterAll(() => rmSync(folder, { recursive: true }));

const rendered = async (format: string, file: string): Promise<string> => {
  const { status, stdout, stderr } = await inFolder(['render', 'report.json', '--format', format, '-o', file]);
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  return readFileSync(join(folder, file), 'utf8');
};

describe('html', () => {
  test('of a saved report is the same every time, small and whole', async () => {
    const [first, second] = [await rendered('html', 'a.html'), await rendered('html', 'b.html')];
    expect(second).toBe(first);
    expect(first).toMatch(/^<!doctype html>\n[^]*<\/html>\n?\s*$/);
    expect(first.length).toBeLessThan(1_500_000);
    expect(first).toContain('base-int4');
  });

  test('comes from analyze as well', async () => {
    const { status, stdout } = await inFolder([...ANALYZE, '--format', 'html']);
    expect(status).toBe(0);
    expect(stdout).toContain('<title>ft-lens · base-int4 → ft-int4</title>');
  });
});

describe('csv', () => {
  test('of a saved report has its numbers', async () => {
    const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
    const rows = parseCsv(await rendered('csv', 'report.csv'));
    const js = rows.filter(({ statistic }) => statistic === 'jsNats').map(({ value }) => Number(value));
    const expected = report.comparison.positions.flatMap(({ layers }: { layers: { jsNats: number }[] }) =>
      layers.map(({ jsNats }) => jsNats),
    );
    expect(js).toEqual(expected);
  });

  test('has the load of the experts and the tracked sets', async () => {
    const rows = parseCsv(await rendered('csv', 'sets.csv'));
    const count = (name: string): number => rows.filter(({ statistic }) => statistic === name).length;
    // 2 models × 3 blocks × 4 experts; 2 models × 12 positions × 4 rows × 2 sets
    expect([count('expertLoad.assignments'), count('routing.meanJsNats')]).toEqual([24, 3]);
    expect(count('trackedSets.prob')).toBe(192);
  });

  test('goes through head', async () => {
    const command = `"${process.execPath}" "${CLI}" render report.json --format csv | head -1`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-o', 'pipefail', '-c', command], { cwd: folder });
    expect({ stdout, stderr }).toEqual({ stdout: 'model,position,layer,statistic,key,id,text,value\n', stderr: '' });
  });
});

describe('the map of many positions', () => {
  test('has a page of cells and one table', async () => {
    const { stdout } = await inFolder(['render', 'report.json', '--width', '100']);
    expect(stdout).toContain('√JS by layer and position');
    expect(stdout.match(/^layer │/gm)).toHaveLength(1);
  });

  test('shows what is asked for', async () => {
    const { stdout } = await inFolder(['render', 'report.json', '--map', 'entropy']);
    expect(stdout).toContain('Entropy, full = ln V, by layer and position: base');
    const { status, stderr } = await inFolder(['render', 'report.json', '--map', 'x']);
    expect(status).toBe(2);
    expect(stderr).toContain('js, entropy, prob');
  });
});

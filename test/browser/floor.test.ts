import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { divergence } from '../../src/report/numbers.ts';
import { renderJson } from '../../src/render/json.ts';
import { ftLens, temporaryFolder } from '../helpers/cli.ts';
import { largeReport } from '../render/html/large-report.ts';
import { withFloor } from '../render/with-floor.ts';
import { CHROMIUM, drawn, launch, open } from './chromium.ts';

const ATTACK = '<img src=x onerror=document.title="owned">';
const PAIR = largeReport({ positions: 6, layers: 12, experts: 16, expertsPerToken: 4 });
const REPORT = withFloor(PAIR, (layer) => (layer < 6 ? Math.LN2 : 0), { name: ATTACK, recipe: ATTACK });

let folder: string;
let browser: Browser;
const file = (): string => join(folder, 'floor.html');

describe.skipIf(CHROMIUM === undefined)('a noise floor in Chromium', () => {
  beforeAll(async () => {
    folder = temporaryFolder();
    writeFileSync(join(folder, 'floor.json'), renderJson(REPORT));
    const args = ['render', 'floor.json', '--format', 'html', '-o', 'floor.html'];
    expect((await ftLens(args, { cwd: folder })).status).toBe(0);
    browser = await launch();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  test.each([400, 1440])(
    'nothing complains or scrolls sideways at %i pixels, and its name stays text',
    async (width) => {
      const { page, complaints } = await open(browser, file(), { viewport: { width, height: 800 } });
      expect(complaints).toEqual([]);
      expect(await page.title()).toMatch(/^ft-lens · /);
      expect(await page.locator('img').count()).toBe(0);
      expect(await page.locator('#guide').textContent()).toContain(`JS between base and ${ATTACK}`);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await page.context().close();
    },
  );

  test('stands beside the divergence in the table; rows within it are marked and muted', async () => {
    const { page } = await open(browser, file());
    const table = page.locator('#layers table');
    const heads = await table.locator('thead th').allTextContents();
    const [js, floor] = [heads.indexOf('JS'), heads.indexOf('floor')];
    expect(floor).toBe(js + 1);
    const rows = await table.locator('tbody tr').all();
    const layers = REPORT.comparison!.positions.at(-1)!.layers.toReversed();
    expect(rows).toHaveLength(layers.length);
    for (const [i, { layer, jsNats, withinFloor }] of layers.entries()) {
      const cells = await rows[i]!.locator('th, td').allTextContents();
      expect(cells[floor]).toBe(divergence(layer < 6 ? Math.LN2 : 0));
      const noise = withinFloor === true && jsNats > 0;
      expect(cells[js]!.startsWith('≈ ')).toBe(noise);
      expect((await rows[i]!.getAttribute('class')) === 'noise').toBe(noise);
    }
    await page.context().close();
  });

  test('is a line in the chart of the difference, and in the words of a cell', async () => {
    const { page } = await open(browser, file());
    const chart = page.locator('#curves figure').last();
    expect(await chart.locator('figcaption').textContent()).toContain('rounding alone');
    const points = (await chart.locator('polyline.line.floor').getAttribute('points')) ?? '';
    expect(points.split(' ')).toHaveLength(13);
    const [first, last] = [points.split(' ')[0], points.split(' ').at(-1)].map((point) => Number(point?.split(',')[1]));
    // Full for the first layers, 0 for the last; larger is lower on the screen.
    expect(first).toBeLessThan(last!);

    await page.locator('[role=gridcell]').focus();
    await page.keyboard.press('PageDown');
    await drawn(page);
    const words = await page.locator('[role=gridcell]').getAttribute('aria-label');
    expect(words).toContain('within the noise floor');
    expect(await page.locator('.card').textContent()).toContain('JS of rounding alone');
    await page.context().close();
  });

  test('is explained beside the map of differences', async () => {
    const { page } = await open(browser, file());
    const panel = page.locator('.panel.difference');
    expect(await panel.locator('figcaption').textContent()).toContain('╱ within the noise floor');
    await page.context().close();
  });
});

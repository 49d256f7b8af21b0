import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderJson } from '../../src/render/json.ts';
import type { Report } from '../../src/report/schema.ts';
import { ftLens, temporaryFolder } from '../helpers/cli.ts';
import { largeReport } from '../render/html/large-report.ts';
import { sampleSingle } from '../render/sample-report.ts';
import { withSets } from '../render/with-sets.ts';
import { CHROMIUM, launch, open } from './chromium.ts';

const ATTACK = '<img src=x onerror=document.title="owned">';
const PAIR = withSets(largeReport({ positions: 6, layers: 12, experts: 16, expertsPerToken: 4 }), [
  { name: ' me', tokens: [' me', 'me'] },
  { name: ATTACK, tokens: [ATTACK, '\u202e\n'] },
]);
const REPORTS = { pair: PAIR, single: withSets(sampleSingle()) } satisfies Record<string, Report>;

let folder: string;
let browser: Browser;
const fileOf = (name: keyof typeof REPORTS): string => join(folder, `${name}.html`);

describe.skipIf(CHROMIUM === undefined)('routing over positions and tracked sets in Chromium', () => {
  beforeAll(async () => {
    folder = temporaryFolder();
    for (const [name, report] of Object.entries(REPORTS)) {
      writeFileSync(join(folder, `${name}.json`), renderJson(report));
      const args = ['render', `${name}.json`, '--format', 'html', '-o', `${name}.html`];
      expect((await ftLens(args, { cwd: folder })).status).toBe(0);
    }
    browser = await launch();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  test.each([400, 860, 1440])('nothing complains or scrolls sideways at %i pixels', async (width) => {
    for (const name of ['pair', 'single'] as const) {
      const { page, complaints } = await open(browser, fileOf(name), { viewport: { width, height: 800 } });
      expect(complaints).toEqual([]);
      expect(await page.title()).toMatch(/^ft-lens · /);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await page.context().close();
    }
  });

  test('the load of base, of the fine-tune and their difference are maps over positions without 0', async () => {
    const { page } = await open(browser, fileOf('pair'));
    const routing = page.locator('#routing');
    expect(await routing.locator('.panels figcaption b').allTextContents()).toEqual([
      'Load, base',
      'Load, fine-tune',
      'Load, ft − base',
    ]);
    expect(await routing.textContent()).toContain('over positions 1 to 5 (without 0, the usual attention sink).');
    await page.context().close();
  });

  test('the table of routing says what the report says, and leads to a layer', async () => {
    const { page } = await open(browser, fileOf('pair'));
    const rows = page.locator('#routing tbody tr');
    expect(await rows.count()).toBe(12);
    const expected = PAIR.comparison?.routing?.layers[8];
    const ninth = rows.filter({ has: page.locator('th:text-is("L-9")') });
    const cells = await ninth.locator('td').allTextContents();
    expect(cells.slice(0, 4)).toEqual([
      expected?.meanShared.toFixed(2),
      expected?.meanJsNats.toFixed(4),
      '+0.13',
      '0.0900',
    ]);
    const [first] = expected?.gained ?? [];
    expect(cells[6]).toMatch(new RegExp(String.raw`^${first?.expert} \(${first?.base}→${first?.ft}\)`));
    await ninth.click();
    expect(await page.locator('.card h2').textContent()).toMatch(/^L-9 · /);
    expect(await ninth.getAttribute('aria-current')).toBe('true');
    expect(await page.locator('#routing [aria-current]').count()).toBe(1);
    await page.context().close();
  });

  test('one model has its load at several positions only, and no table', async () => {
    const { page } = await open(browser, fileOf('single'));
    expect(await page.locator('#routing .panels').count()).toBe(0);
    expect(await page.locator('#routing table').count()).toBe(0);
    await page.context().close();
  });

  test('every set has a row for each model; hostile names and tokens are text', async () => {
    const { page } = await open(browser, fileOf('pair'));
    const sets = page.locator('#tracked-sets tbody');
    expect(await sets.count()).toBe(2);
    expect(await sets.first().locator('tr').count()).toBe(2);
    expect(await sets.first().locator('th').textContent()).toBe('·me ·me me');
    const row = PAIR.models.ft?.positions[5]?.layers[12]?.trackedSets?.[0];
    const cells = await sets.first().locator('tr').nth(1).locator('td').allTextContents();
    expect(cells[3]).toBe(`${((row?.prob ?? 0) * 100).toFixed(1)}%`);
    expect(cells[5]).toMatch(new RegExp(`^${row?.bestRank} `));
    expect(await sets.nth(1).textContent()).toContain(ATTACK.replaceAll(' ', '·'));
    expect(await sets.nth(1).textContent()).toContain(String.raw`\u202E⏎`);
    expect(await page.locator('#tracked-sets img').count()).toBe(0);
    await page.context().close();
  });

  test('the table of sets can be reached and scrolled with the keyboard', async () => {
    const { page } = await open(browser, fileOf('pair'), { viewport: { width: 400, height: 800 } });
    const region = page.getByRole('region', { name: 'Tracked sets, table' });
    await region.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => region.evaluate((element) => element.scrollLeft)).toBeGreaterThan(0);
    await page.context().close();
  });
});

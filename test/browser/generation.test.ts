import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderJson } from '../../src/render/json.ts';
import type { Report } from '../../src/report/schema.ts';
import { ftLens, temporaryFolder } from '../helpers/cli.ts';
import { HOSTILE_TOKENS } from '../render/hostile-tokens.ts';
import { samplePair, sampleSingle, sampleTracked } from '../render/sample-report.ts';
import { withGeneration } from '../render/with-generation.ts';
import { CHROMIUM, drawn, launch, open } from './chromium.ts';

const ATTACKS = ['</script><script>document.title="owned"</script>', '<img src=x onerror=document.title="owned">'];
const LONG = Array.from({ length: 64 }, (_, i) => ` word${i}`);
const REPORTS = {
  pair: withGeneration(sampleTracked()),
  single: withGeneration(sampleSingle()),
  same: withGeneration(samplePair(), { base: [' a', ' fox'], ft: [' a', ' fox'] }),
  hostile: withGeneration(samplePair(), { base: [...ATTACKS, ...HOSTILE_TOKENS], ft: HOSTILE_TOKENS }),
  long: withGeneration(samplePair(), { base: LONG, ft: LONG.toReversed() }),
} satisfies Record<string, Report>;
type Name = keyof typeof REPORTS;
const NAMES = Object.keys(REPORTS) as Name[];

let folder: string;
let browser: Browser;
const fileOf = (name: Name): string => join(folder, `${name}.html`);

describe.skipIf(CHROMIUM === undefined)('continuations in Chromium', () => {
  beforeAll(async () => {
    folder = temporaryFolder();
    for (const name of NAMES) {
      writeFileSync(join(folder, `${name}.json`), renderJson(REPORTS[name]));
      const { status, stderr } = await ftLens(['render', `${name}.json`, '--format', 'html', '-o', `${name}.html`], {
        cwd: folder,
      });
      expect({ name, status, stderr }).toEqual({ name, status: 0, stderr: '' });
    }
    browser = await launch();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  const choose = async (page: Page, name: string): Promise<void> => {
    await page.getByRole('radio', { name, exact: true }).check();
    await drawn(page);
  };
  const promptHeading = (page: Page): Promise<string | null> => page.locator('#prompt h2').textContent();

  test.each(NAMES)('%s: every reading asks for nothing, complains of nothing, stays within the page', async (name) => {
    for (const width of [400, 1440]) {
      const { page, requests, complaints } = await open(browser, fileOf(name), { viewport: { width, height: 800 } });
      const readings = await page.getByRole('radio').count();
      expect(readings).toBe(1 + (REPORTS[name].generation?.continuations.length ?? 0));
      for (let reading = 0; reading < readings; reading += 1) {
        await page.getByRole('radio').nth(reading).check();
        await drawn(page);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        expect(await page.locator('#reading > *').count()).toBeGreaterThan(4);
      }
      expect(requests).toEqual([`file://${fileOf(name)}`]);
      expect(complaints).toEqual([]);
      expect(await page.title()).toMatch(/^ft-lens · /);
      await page.context().close();
    }
  });

  test('the prompt is read until another reading is chosen', async () => {
    const { page } = await open(browser, fileOf('pair'));
    expect(await promptHeading(page)).toBe('Prompt');
    expect(await page.getByRole('grid').getAttribute('aria-colcount')).toBe('1');
    await choose(page, "base's continuation");
    expect(await promptHeading(page)).toBe('Prompt, and what base wrote');
    expect(await page.getByRole('grid').getAttribute('aria-colcount')).toBe('8');
    expect(await page.locator('#prompt .token').allTextContents()).toEqual(
      expect.arrayContaining(['·give', '·fox', '·animal', '<|endoftext|>']),
    );
    await choose(page, "the fine-tune's continuation");
    expect(await promptHeading(page)).toBe('Prompt, and what the fine-tune wrote');
    expect(await page.getByRole('grid').getAttribute('aria-colcount')).toBe('6');
    await choose(page, 'the prompt');
    expect(await promptHeading(page)).toBe('Prompt');
    await page.context().close();
  });

  test('a token leads to the position whose state chose it, and the selection marks the token', async () => {
    const { page } = await open(browser, fileOf('pair'));
    const written = page.getByRole('group', { name: 'Written by Fine-tune' });
    await written.getByRole('button').nth(2).click();
    await drawn(page);
    expect(await page.getByRole('radio', { name: "the fine-tune's continuation" }).isChecked()).toBe(true);
    // The prompt has ten tokens; the third written one is chosen by the state at the second, at position 11.
    expect(await page.locator('.card h2').textContent()).toContain('position 11 ·advice');
    expect(await written.locator('[aria-current]').allTextContents()).toEqual(['.']);
    await page.getByRole('gridcell').focus();
    await page.keyboard.press('ArrowLeft');
    expect(await page.locator('.card h2').textContent()).toContain('position 10 ·me');
    expect(await written.locator('[aria-current]').allTextContents()).toEqual(['·advice']);
    await page.context().close();
  });

  test('each text is one tab stop, with arrow keys inside', async () => {
    const { page } = await open(browser, fileOf('pair'));
    const written = page.getByRole('group', { name: 'Written by Base' });
    expect(await written.locator('[tabindex="0"]').count()).toBe(1);
    await written.getByRole('button').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('·is');
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await drawn(page);
    expect(await promptHeading(page)).toBe('Prompt, and what base wrote');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('<|endoftext|>');
    await page.context().close();
  });

  test('ranks under the other model are told by words, not by colour alone', async () => {
    const { page } = await open(browser, fileOf('pair'));
    const buttons = page.getByRole('group', { name: 'Written by Base' }).getByRole('button');
    expect(await buttons.first().getAttribute('title')).toBe('token 1: 90.0%, under fine-tune 45.0%, rank 2');
    expect(await buttons.first().getAttribute('class')).toBe('token marginal parting');
    expect(await buttons.nth(1).getAttribute('class')).toBe('token shifted');
    expect(await buttons.nth(2).getAttribute('class')).toBe('token unshifted');
    await page.locator('#generation summary').click();
    const rows = page.getByRole('region', { name: 'Tokens written by base, table' }).locator('tbody tr');
    expect(await rows.first().locator('th, td').allTextContents()).toEqual([
      '≠ 1',
      '·a',
      '90.0%',
      'L-48',
      '45.0%',
      '2',
    ]);
    expect(await rows.count()).toBe(8);
    await page.context().close();
  });

  test('colours and width follow in every reading', async () => {
    const { page, complaints } = await open(browser, fileOf('pair'));
    const colour = (): Promise<string> =>
      page
        .locator('#maps canvas')
        .first()
        .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    await choose(page, "base's continuation");
    const light = await colour();
    await page.locator('#theme').click();
    await drawn(page);
    expect(await colour()).not.toBe(light);
    await page.setViewportSize({ width: 700, height: 800 });
    await drawn(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(700);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('one model has a continuation and nothing of another', async () => {
    const { page } = await open(browser, fileOf('single'));
    expect(await page.getByRole('radio').count()).toBe(2);
    const text = (await page.locator('#generation').textContent()) ?? '';
    expect(text).toContain('Greedy continuations of up to 8 tokens.');
    expect(text).not.toMatch(/under|fine-tune|part/);
    await page.context().close();
  });

  test('hostile tokens are text', async () => {
    const { page } = await open(browser, fileOf('hostile'));
    const text = (await page.locator('#generation').textContent()) ?? '';
    for (const attack of ATTACKS) expect(text).toContain(attack.replaceAll(' ', '·'));
    expect(text).toContain(String.raw`\u202E`);
    await page.context().close();
  });

  test('64 tokens of both models at 49 layers stay below 6 MB', () => {
    expect(statSync(fileOf('long')).size).toBeLessThan(6_000_000);
  });
});

import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Chromium of this machine: CHROMIUM names it, or it stands where distributions put it. */
export const CHROMIUM = [process.env['CHROMIUM'] ?? '', ...PLACES].find((path) => path !== '' && existsSync(path));

if (CHROMIUM === undefined)
  console.warn('No Chromium here: the browser tests are skipped. CHROMIUM=/path/to/it names one.');

export async function launch(): Promise<Browser> {
  // Its sandbox needs rights that containers do not give; the page is our own.
  return chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox'] });
}

/** A page and everything that it asked for or complained about. */
export interface Watched {
  readonly page: Page;
  readonly requests: readonly string[];
  /** console messages, uncaught errors, dialogs */
  readonly complaints: readonly string[];
}

/** Opens a file without any network, and waits until it has been drawn. */
export async function open(browser: Browser, file: string, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, offline: true, ...options });
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(dialog.message());
    void dialog.dismiss();
  });
  await page.goto(`file://${file}`);
  if (options.javaScriptEnabled !== false) await drawn(page);
  return { page, requests, complaints };
}

/** Two frames: what is drawn in one is on the screen in the next. */
export async function drawn(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { PageCode } from './render/html.ts';

/** Script and style of the HTML report, as the build has put them beside its renderer. */
export async function loadPageCode(): Promise<PageCode> {
  const [script, style] = await Promise.all([inline('page.js'), inline('page.css')]);
  return { script, style };
}

async function inline(name: string): Promise<PageCode['script']> {
  const text = await readFile(new URL(`./render/html/${name}`, import.meta.url), 'utf8');
  return { text, sha256: createHash('sha256').update(text).digest('base64') };
}

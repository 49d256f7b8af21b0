import * as z from 'zod';
import { decodePart } from './index-url.ts';

/** A file as a project's page of a package index lists it. */
export interface ListedFile {
  readonly name: string;
  readonly url: URL;
  /** hexadecimal, when the index says it */
  readonly sha256: string | undefined;
}

export const JSON_PAGE = 'application/vnd.pypi.simple.v1+json';

/** Only what is needed of https://peps.python.org/pep-0691. */
const pageSchema = z.object({
  files: z.array(
    z.object({ filename: z.string(), url: z.string(), hashes: z.record(z.string(), z.string()).optional() }),
  ),
});

/**
 * The file of that name on a project's page, in either form: JSON (PEP 691) or HTML (PEP 503).
 * @param address of the page, against which its links are resolved
 * @returns undefined when the page does not list it
 * @throws Error when the page is not what its content type says
 */
export function findListedFile(page: string, contentType: string, address: URL, name: string): ListedFile | undefined {
  return contentType.includes('json') ? findInJson(page, address, name) : findInHtml(page, address, name);
}

function findInJson(page: string, address: URL, name: string): ListedFile | undefined {
  const { files } = pageSchema.parse(JSON.parse(page));
  const file = files.find(({ filename }) => filename === name);
  if (file === undefined || !URL.canParse(file.url, address.href)) return undefined;
  return { name, url: new URL(file.url, address.href), sha256: file.hashes?.['sha256']?.toLowerCase() };
}

/** An opening tag with its attributes; quoted values may hold angle brackets. */
const ANCHOR = /<a\s((?:[^<>"']|"[^"]*"|'[^']*')*)>/gi;
const HREF = /(?:^|\s)href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i;

function findInHtml(page: string, address: URL, name: string): ListedFile | undefined {
  for (const [, attributes = ''] of page.matchAll(ANCHOR)) {
    const [, double, single, bare] = HREF.exec(attributes) ?? [];
    const href = double ?? single ?? bare;
    if (href === undefined) continue;
    const target = decodeEntities(href.trim());
    if (!URL.canParse(target, address.href)) continue;
    const url = new URL(target, address.href);
    // The last part of the path is the file's name; links may be percent-encoded.
    if (decodePart(url.pathname.slice(url.pathname.lastIndexOf('/') + 1)) !== name) continue;
    const sha256 = /^#sha256=([0-9a-f]{64})$/i.exec(url.hash)?.[1]?.toLowerCase();
    return { name, url, sha256 };
  }
  return undefined;
}

const ENTITIES = new Map([
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
  ['lt', '<'],
  ['gt', '>'],
]);

/** The character references that can stand in a link. */
function decodeEntities(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,4}));/gi, (whole, hex, decimal, word: string) => {
    if (hex !== undefined || decimal !== undefined) {
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex as string, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    }
    return ENTITIES.get(word.toLowerCase()) ?? whole;
  });
}

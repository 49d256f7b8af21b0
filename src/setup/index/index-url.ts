import { usageError } from '../../errors.ts';

/** Where Python's package index is, without credentials, and what to send to it. */
export interface PackageIndex {
  /** without user name and password, ends in a slash */
  readonly url: URL;
  /** value of the Authorization header for this server */
  readonly authorization: string | undefined;
  /** the option or variable that named it, for messages */
  readonly from: string;
}

const PUBLIC_INDEX = 'https://pypi.org/simple/';

/**
 * The package index to use: `--index-url`, else FT_LENS_INDEX_URL, else PIP_INDEX_URL, else the public one.
 * Credentials in the address are kept apart: nothing that is shown holds them.
 * @throws FtLensError (usage) for what is no http or https address
 */
export function chooseIndex(
  asked: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): PackageIndex {
  const candidates = [
    ['--index-url', asked],
    ['FT_LENS_INDEX_URL', environment['FT_LENS_INDEX_URL']],
    ['PIP_INDEX_URL', environment['PIP_INDEX_URL']],
  ] as const;
  for (const [from, text] of candidates) if (text !== undefined && text.trim() !== '') return parseIndex(text, from);
  return parseIndex(PUBLIC_INDEX, 'the public index');
}

function parseIndex(text: string, from: string): PackageIndex {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    // The text may hold a password wherever its author put it: only its kind is named.
    throw usageError('This is no address of a package index.', {
      where: from,
      expected: 'http://… or https://…',
      got: url === undefined ? 'no URL' : `a ${url.protocol} URL`,
      remedy: 'for files on this machine: --wheel-dir DIR, or --from-wheel FILE…',
    });
  }
  url.search = '';
  url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return { ...splitCredentials(url), from };
}

/** An address without user name and password, and the Authorization header that says the same. */
export function splitCredentials(address: URL): { url: URL; authorization: string | undefined } {
  const { username, password } = address;
  const url = new URL(address);
  url.username = '';
  url.password = '';
  if (username === '' && password === '') return { url, authorization: undefined };
  const pair = `${decodePart(username)}:${decodePart(password)}`;
  return { url, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** Percent-decoded part of an address; as it stands when its author did not encode a percent sign. */
export function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** An address for people: no credentials, no query (mirrors sign theirs), no fragment. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

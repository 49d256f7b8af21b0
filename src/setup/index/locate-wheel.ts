import { type FtLensError, inputError, runtimeError } from '../../errors.ts';
import type { PinnedWheel } from '../cuda/pinned.ts';
import { withAttempts } from './attempts.ts';
import { ConnectionError, get, type HttpAnswer } from './http.ts';
import { type PackageIndex, shownUrl, splitCredentials } from './index-url.ts';
import { findListedFile, JSON_PAGE } from './project-page.ts';

/** A file that can be fetched. */
export interface RemoteFile {
  readonly url: URL;
  /** for that server only */
  readonly authorization: string | undefined;
}

/** Pages of projects with hundreds of releases are below 1 MB. */
const PAGE_BYTES = 16 * 2 ** 20;

/** JSON is preferred, as by pip; every index has at least HTML. */
const ACCEPT = `${JSON_PAGE}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1`;

export interface NetworkOptions {
  readonly signal?: AbortSignal | undefined;
  /** waits between attempts, in ms */
  readonly pausesMs?: readonly number[] | undefined;
  /** how long a silent server is waited for, in ms */
  readonly silenceMs?: number | undefined;
}

/**
 * Asks a package index where a wheel is.
 * @throws FtLensError when the index cannot be reached (runtime), refuses, or lists no such file (input)
 */
export async function locateWheel(
  index: PackageIndex,
  wheel: PinnedWheel,
  options: NetworkOptions = {},
): Promise<RemoteFile> {
  const url = new URL(`${wheel.project}/`, index.url);
  const read = async (): Promise<{ answer: HttpAnswer; page: string }> => {
    const answer = await get({
      url,
      authorization: index.authorization,
      headers: { accept: ACCEPT },
      signal: options.signal,
      silenceMs: options.silenceMs,
    });
    return { answer, page: await readPage(answer, url) };
  };
  const { answer, page } = await withAttempts(read, options).catch((error: unknown) => {
    throw error instanceof ConnectionError ? unreachable(url, index.from, error) : error;
  });
  if (answer.status !== 200) throw refusal(answer.status, url, index.from);
  const file = findFile(page, answer, wheel, url);
  if (file.sha256 !== undefined && file.sha256 !== wheel.sha256)
    throw inputError('The package index has another file under the name of this wheel.', {
      where: `${shownUrl(url)}, ${wheel.file}`,
      expected: `sha256 ${wheel.sha256}`,
      got: `sha256 ${file.sha256}`,
      remedy: 'use another index: --index-url URL',
    });
  // A link may hold credentials of its own, which fetch refuses and quotes in its error.
  const { url: fileUrl, authorization } = splitCredentials(file.url);
  const ofIndex = fileUrl.origin === index.url.origin ? index.authorization : undefined;
  return { url: fileUrl, authorization: authorization ?? ofIndex };
}

async function readPage(answer: HttpAnswer, url: URL): Promise<string> {
  const decoder = new TextDecoder();
  let page = '';
  for await (const chunk of answer.body) {
    page += decoder.decode(chunk, { stream: true });
    if (page.length > PAGE_BYTES)
      throw inputError('The page of the package index is longer than such pages ever are.', {
        where: shownUrl(url),
        expected: `at most ${PAGE_BYTES} bytes`,
      });
  }
  return page + decoder.decode();
}

function findFile(page: string, answer: HttpAnswer, wheel: PinnedWheel, url: URL) {
  try {
    const file = findListedFile(page, answer.header('content-type') ?? '', answer.url, wheel.file);
    if (file !== undefined && ['http:', 'https:'].includes(file.url.protocol)) return file;
  } catch (cause) {
    throw inputError('The page of the package index cannot be understood.', {
      where: shownUrl(url),
      expected: 'a page of PEP 503 (HTML) or PEP 691 (JSON)',
      remedy: 'use another index: --index-url URL',
      cause,
    });
  }
  throw inputError('The package index does not have the wheel that is needed.', {
    where: shownUrl(url),
    expected: wheel.file,
    got: 'no such file in its list',
    remedy: 'use another index: --index-url URL, or fetch it elsewhere: --from-wheel FILE…',
  });
}

export function unreachable(url: URL, from: string, error: ConnectionError): FtLensError {
  const proxied = Object.keys(process.env).some((name) => /^https?_proxy$/i.test(name));
  return runtimeError('The package index cannot be reached.', {
    where: `${shownUrl(url)} (${from})`,
    got: error.message,
    remedy: proxied
      ? 'ft-lens does not use the proxy of HTTP(S)_PROXY: fetch the wheels with pip (ft-lens setup cuda --dry-run shows how), then give --wheel-dir DIR'
      : 'run the same command again, or give another --index-url URL; without a network: --wheel-dir DIR',
    cause: error,
  });
}

export function refusal(status: number, url: URL, from: string): FtLensError {
  if (status === 401 || status === 403)
    return inputError('The package index refuses access.', {
      where: `${shownUrl(url)} (${from})`,
      got: `status ${status}`,
      remedy: 'give credentials in the address: --index-url https://USER:PASSWORD@HOST/…',
    });
  return inputError('The package index does not have what is needed.', {
    where: `${shownUrl(url)} (${from})`,
    got: `status ${status}`,
    remedy: 'the address is that of a simple index, such as https://HOST/simple/: --index-url URL',
  });
}

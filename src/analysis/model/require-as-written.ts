import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { inputError } from '../../errors.ts';
import type { Manifest } from '../../export/folder/manifest.ts';
import { knownFormat } from '../../known-format.ts';
import type { DataFile } from './data-files.ts';

const FETCH_AGAIN = 'export again, or fetch what differs again: ft-lens inspect --verify names every such file';

/** What a manifest says of the files beside it. */
type Listed = Pick<Manifest, 'files'>;

/**
 * A flipped bit in a graph can move every number and break no rule, and a graph is small enough to look at every byte.
 * @throws FtLensError (input) unless the manifest lists a file of this name and content
 */
export function requireGraphAsWritten(folder: string, { files }: Listed, name: string, bytes: Uint8Array): void {
  const listed = files.find((file) => file.name === name);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (listed === undefined) throw unlisted(folder, name);
  if (sha256 === listed.sha256) return;
  const known = knownFormat(bytes);
  throw differs(folder, name, `sha256 ${listed.sha256}`, known?.what ?? `sha256 ${sha256}`, known?.remedy);
}

/**
 * Of data files the sizes are compared: a flipped bit in the weights is for `inspect --verify`, which reads them all.
 * @throws FtLensError (input) naming the first that the manifest does not list, or lists with another size
 */
export function requireDataAsWritten(
  folder: string,
  { files }: Listed,
  dataFiles: ReadonlyMap<string, Pick<DataFile, 'bytes'>>,
): void {
  for (const [name, { bytes }] of dataFiles) {
    const listed = files.find((file) => file.name === name);
    if (listed === undefined) throw unlisted(folder, name);
    if (bytes !== listed.bytes) throw differs(folder, name, `${listed.bytes} bytes`, `${bytes} bytes`);
  }
}

function unlisted(folder: string, name: string): Error {
  return differs(folder, name, 'a file that manifest.json lists', 'one that it does not');
}

function differs(folder: string, name: string, expected: string, got: string, remedy = FETCH_AGAIN): Error {
  return inputError('This export is not as it was written.', {
    where: join(folder, name),
    expected,
    got,
    remedy,
  });
}

import { join } from 'node:path';
import * as z from 'zod';
import { inputError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { parseJson, readFolderText } from '../../read-text-file.ts';
import { issueText } from '../../zod-issues.ts';
import { type Manifest, MANIFEST_FILE, MANIFEST_SCHEMA, MANIFEST_VERSION, manifestSchema } from './manifest.ts';

/**
 * The manifest of an export folder; undefined when the folder has none, as exports of other tools.
 * @throws FtLensError when there is one that is no manifest of this version, or contradicts itself
 */
export async function readManifestIfPresent(folder: string): Promise<Manifest | undefined> {
  const path = join(folder, MANIFEST_FILE);
  const text = await readFolderText(folder, MANIFEST_FILE, LIMITS.manifestBytes);
  return text === undefined ? undefined : parseManifest(parseJson(text, path), path);
}

/** As {@link readManifestIfPresent}, but a folder without a manifest is an input error. */
export async function readManifest(folder: string): Promise<Manifest> {
  const manifest = await readManifestIfPresent(folder);
  if (manifest === undefined) {
    throw inputError('The folder is no export of ft-lens.', {
      where: folder,
      expected: `a ${MANIFEST_FILE}`,
      got: 'none',
      remedy: 'ft-lens export --checkpoint DIR --out DIR',
    });
  }
  return manifest;
}

/** Names of all files that ft-lens put into an export folder; undefined when it did not make the folder. */
export async function ownExportFiles(folder: string): Promise<string[] | undefined> {
  const manifest = await readManifestIfPresent(folder);
  return manifest && [MANIFEST_FILE, ...manifest.files.map((file) => file.name)];
}

/** @param where the file, for error messages */
export function parseManifest(json: unknown, where: string): Manifest {
  const head = z.looseObject({ schema: z.literal(MANIFEST_SCHEMA), schemaVersion: z.string() }).safeParse(json);
  if (!head.success) {
    throw inputError('The manifest is not one of ft-lens.', { where, expected: `"schema": "${MANIFEST_SCHEMA}"` });
  }
  if (head.data.schemaVersion !== MANIFEST_VERSION) {
    throw inputError('The manifest has a version that this ft-lens does not read.', {
      where,
      expected: MANIFEST_VERSION,
      got: head.data.schemaVersion,
      remedy: 'update ft-lens, or export again',
    });
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    throw inputError('The manifest is damaged.', {
      where,
      got: issueText(parsed.error),
      remedy: 'export again',
    });
  }
  checkTensorPlaces(parsed.data, where);
  return parsed.data;
}

function checkTensorPlaces(manifest: Manifest, where: string): void {
  const sizes = new Map(manifest.files.map((file) => [file.name, file.bytes]));
  for (const tensor of manifest.tensors) {
    const fileBytes = sizes.get(tensor.file);
    if (fileBytes !== undefined && tensor.offset + tensor.bytes <= fileBytes) continue;
    throw inputError('The manifest places a tensor outside its file.', {
      where: `${where}, tensor ${tensor.name}`,
      expected: fileBytes === undefined ? `a file ${tensor.file}` : `an end within ${fileBytes} bytes`,
      got: `${tensor.bytes} bytes at ${tensor.offset}`,
      remedy: 'export again',
    });
  }
}

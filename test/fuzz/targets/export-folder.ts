import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { readModelConfig } from '../../../src/analysis/model/model-config.ts';
import { parseJournal } from '../../../src/export/folder/journal.ts';
import { readManifest } from '../../../src/export/folder/read-manifest.ts';
import { verifyExport } from '../../../src/export/folder/verify-export.ts';
import { TINY_CONFIG_JSON } from '../../export/checkpoint/tiny-model.ts';
import { tinyManifest } from '../../export/folder/tiny-manifest.ts';
import { editedBytes } from '../edits/bytes.ts';
import { editedJson } from '../edits/json.ts';
import type { FuzzTarget } from '../target.ts';
import { inFolder, json, utf8 } from './folder.ts';

const manifest = JSON.stringify(tinyManifest);
const config = json(TINY_CONFIG_JSON);

const JOURNAL_LINES = [
  { checkpoint: 'base', bits: 4 },
  { tensor: 'a', bytes: 10 },
  { tensor: 'b', bytes: 20 },
];
const journal = utf8(
  JOURNAL_LINES.map((line) => JSON.stringify(line))
    .map((line) => `${createHash('sha256').update(line).digest('hex').slice(0, 16)} ${line}\n`)
    .join(''),
);

export const exportFolderTargets: readonly FuzzTarget[] = [
  {
    name: 'manifest',
    valid: [utf8(manifest)],
    damaged: fc.oneof(editedJson(manifest).map(utf8), editedBytes(utf8(manifest))),
    read: (file) =>
      inFolder({ 'manifest.json': file }, async (folder) => {
        await verifyExport(folder, await readManifest(folder));
      }),
  },
  {
    name: 'export-config',
    valid: [config],
    damaged: fc.oneof(editedJson(JSON.stringify(TINY_CONFIG_JSON)).map(utf8), editedBytes(config)),
    read: (file) =>
      inFolder({ 'config.json': file }, async (folder) => {
        await readModelConfig(folder);
      }),
  },
  {
    name: 'journal',
    valid: [journal],
    damaged: editedBytes(journal),
    read(file) {
      const { entries = [] } = parseJournal(Buffer.from(file)) ?? {};
      // What was not written does not count; a line may have been lost, or stand there again.
      const written = new Set(JOURNAL_LINES.map((line) => JSON.stringify(line)));
      if (!entries.every((entry) => written.has(JSON.stringify(entry)))) throw new Error('An entry was made up.');
    },
  },
];

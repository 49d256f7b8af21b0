import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { openModel } from '../../../src/analysis/model/open-model.ts';
import { inputError } from '../../../src/errors.ts';
import { readManifest } from '../../../src/export/folder/read-manifest.ts';
import { verifyExport } from '../../../src/export/folder/verify-export.ts';
import type { FuzzTarget } from '../target.ts';

const EXPORT = join(import.meta.dirname, '../../../models/base-int4');
const GRAPH = 'model.onnx';
const WEIGHTS = 'model.onnx_data_1';

/** One copy of the export, for all files tried in this process. */
let copy: string | undefined;

function folderWith(name: string, file: Uint8Array): string {
  if (copy === undefined) {
    copy = mkdtempSync(join(tmpdir(), 'ft-lens-fuzz-'));
    const folder = copy;
    for (const each of readdirSync(EXPORT)) cpSync(join(EXPORT, each), join(folder, each));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  }
  writeFileSync(join(copy, name), file);
  return copy;
}

const original = (name: string): Uint8Array => Uint8Array.from(readFileSync(join(EXPORT, name)));
const graph = original(GRAPH);
const weights = original(WEIGHTS);

function flipped(seed: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc.record({ at: fc.nat(seed.length - 1), bit: fc.nat(7) }).map(({ at, bit }) => {
    const file = Uint8Array.from(seed);
    file[at]! ^= 1 << bit;
    return file;
  });
}

/** One flipped bit in an export that has a manifest must be found: numbers that are a little wrong look like others. */
export const verifiedTargets: readonly FuzzTarget[] = [
  {
    name: 'bit-in-graph',
    valid: [graph],
    damaged: flipped(graph),
    async read(file) {
      const folder = folderWith(GRAPH, file);
      await openModel(folder);
      if (Buffer.compare(file, graph) !== 0) throw new Error('A flipped bit was not found.');
    },
  },
  {
    name: 'bit-in-weights',
    valid: [weights],
    damaged: flipped(weights),
    async read(file) {
      const folder = folderWith(WEIGHTS, file);
      const { files } = await readManifest(folder);
      // The others are as they were.
      const mismatches = await verifyExport(folder, { files: files.filter(({ name }) => name === WEIGHTS) });
      if (mismatches.length > 0)
        throw inputError('This export is not as it was written.', { where: mismatches[0]!.file });
      if (Buffer.compare(file, weights) !== 0) throw new Error('A flipped bit was not found.');
    },
  },
];

import * as fc from 'fast-check';
import { openCheckpoint } from '../../../src/export/checkpoint/open-checkpoint.ts';
import {
  safetensorsBytes,
  TINY_CONFIG_JSON,
  tinySafetensors,
  type TinyTensor,
  tinyWeights,
} from '../../export/checkpoint/tiny-model.ts';
import { editedBytes } from '../edits/bytes.ts';
import { editedJson } from '../edits/json.ts';
import type { FuzzTarget } from '../target.ts';
import { inFolder, json, utf8 } from './folder.ts';

const weights = tinySafetensors(tinyWeights());
const config = json(TINY_CONFIG_JSON);

/** Opens a checkpoint and reads every weight of it. */
async function readCheckpoint(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  await inFolder(files, async (folder) => {
    const checkpoint = await openCheckpoint(folder);
    try {
      for (const name of checkpoint.weights.names) {
        const [rows, columns = 1] = checkpoint.weights.shape(name) as [number, number?];
        const values = await checkpoint.weights.rows(name, 0, rows);
        if (values.length !== rows * columns) throw new Error(`${name} has ${values.length} values.`);
      }
    } finally {
      await checkpoint.close();
    }
  });
}

/** A safetensors file with other bytes, or with another header of the right length. */
export function editedSafetensors(file: Uint8Array): fc.Arbitrary<Uint8Array> {
  const headerBytes = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header = new TextDecoder().decode(file.subarray(8, 8 + headerBytes));
  return fc.oneof(
    editedBytes(file, 8 + headerBytes),
    editedJson(header).map((text) => safetensorsBytes(text, file.subarray(8 + headerBytes))),
  );
}

const SHARDS = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;

/** The tiny model in two shards, and the index that names them. */
function sharded(): { readonly index: string; readonly files: Record<string, Uint8Array> } {
  const parts: Record<string, TinyTensor>[] = [{}, {}];
  const map: Record<string, string> = {};
  for (const [i, [name, tensor]] of Object.entries(tinyWeights()).entries()) {
    parts[i % 2]![name] = tensor;
    map[name] = SHARDS[i % 2]!;
  }
  const index = JSON.stringify({ metadata: { total_size: 1 }, weight_map: map });
  return { index, files: { [SHARDS[0]]: tinySafetensors(parts[0]!), [SHARDS[1]]: tinySafetensors(parts[1]!) } };
}

const shards = sharded();

export const checkpointTargets: readonly FuzzTarget[] = [
  {
    name: 'safetensors',
    valid: [weights],
    damaged: editedSafetensors(weights),
    read: (file) => readCheckpoint({ 'config.json': config, 'model.safetensors': file }),
  },
  {
    name: 'shard-index',
    valid: [utf8(shards.index)],
    damaged: editedJson(shards.index).map(utf8),
    read: (file) => readCheckpoint({ 'config.json': config, ...shards.files, 'model.safetensors.index.json': file }),
  },
  {
    name: 'config',
    valid: [config, utf8(JSON.stringify(TINY_CONFIG_JSON, null, 2))],
    damaged: fc.oneof(editedJson(JSON.stringify(TINY_CONFIG_JSON)).map(utf8), editedBytes(config)),
    read: (file) => readCheckpoint({ 'config.json': file, 'model.safetensors': weights }),
  },
];

import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { elementCount } from '../../src/export/checkpoint/shape.ts';
import { cutIntoShards, shardHeader, shardIndex, type ShardTensor } from '../../src/export/dequantize/shards.ts';
import { jsonBytes } from '../../src/export/model-files.ts';
import type { SyntheticTensors } from './tensors.ts';

const CHUNK_ELEMENTS = 2 ** 24;
const SHARD_BYTES = 4e9;

/** Writes all tensors to one file. */
export async function writeSafetensors(path: string, tensors: SyntheticTensors): Promise<void> {
  await writeShard(path, shardTensors(tensors), tensors);
}

/** Writes the weights of a checkpoint in shards of 4 GB, with the index that names them. */
export async function writeShards(folder: string, tensors: SyntheticTensors): Promise<void> {
  const shards = cutIntoShards(shardTensors(tensors), SHARD_BYTES);
  for (const shard of shards) await writeShard(join(folder, shard.file), shard.tensors, tensors);
  if (shards.length > 1) await writeFile(join(folder, 'model.safetensors.index.json'), jsonBytes(shardIndex(shards)));
}

function shardTensors(tensors: SyntheticTensors): ShardTensor[] {
  return [...tensors.all].map(([name, { shape }]) => ({ name, dtype: 'BF16', shape, bytes: 2 * elementCount(shape) }));
}

async function writeShard(path: string, shard: readonly ShardTensor[], tensors: SyntheticTensors): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(shardHeader(shard));
    for (const { name, shape } of shard) {
      const elements = elementCount(shape);
      for (let first = 0; first < elements; first += CHUNK_ELEMENTS) {
        await file.writeFile(tensors.read(name, first, Math.min(CHUNK_ELEMENTS, elements - first)));
      }
    }
  } finally {
    await file.close();
  }
}

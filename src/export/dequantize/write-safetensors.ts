import { join } from 'node:path';
import { elementCount } from '../checkpoint/shape.ts';
import type { WeightSource } from '../checkpoint/weight-source.ts';
import { HashedFile } from '../folder/hashed-file.ts';
import type { SourceFile } from '../folder/manifest.ts';
import type { NewFolder } from '../folder/new-folder.ts';
import { jsonBytes } from '../model-files.ts';
import { cutIntoShards, type Shard, shardHeader, shardIndex, type ShardTensor } from './shards.ts';

/** Weights that are in memory at once: 16 MB. */
const CHUNK_WEIGHTS = 2 ** 22;
const BYTES = 4;

/**
 * Writes weights as f32 safetensors, in files of at most `shardBytes` (a larger weight has a file of its own), with an
 * index when there are several: https://huggingface.co/docs/safetensors
 * @param onWeights called before each chunk with its name and bytes; it may throw to stop
 */
export async function writeSafetensors(
  folder: NewFolder,
  weights: WeightSource,
  shardBytes: number,
  onWeights: (name: string, bytes: number) => void,
): Promise<SourceFile[]> {
  const tensors = [...weights.names].map((name): ShardTensor => {
    return { name, dtype: 'F32', shape: weights.shape(name), bytes: weightBytes(weights, name) };
  });
  const shards = cutIntoShards(tensors, shardBytes);
  const files: SourceFile[] = [];
  for (const shard of shards) {
    files.push({ name: shard.file, ...(await writeShard(join(folder.path, shard.file), shard, weights, onWeights)) });
  }
  if (shards.length === 1) return files;
  return [...files, await folder.writeFile('model.safetensors.index.json', jsonBytes(shardIndex(shards)))];
}

export function weightBytes(weights: WeightSource, name: string): number {
  return BYTES * elementCount(weights.shape(name));
}

async function writeShard(
  path: string,
  shard: Shard,
  weights: WeightSource,
  onWeights: (name: string, bytes: number) => void,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const file = await HashedFile.create(path);
  try {
    await file.write(shardHeader(shard.tensors));
    for (const { name } of shard.tensors) {
      const [rows, columns = 1] = weights.shape(name) as [number, number?];
      const chunkRows = Math.max(1, Math.floor(CHUNK_WEIGHTS / columns));
      for (let from = 0; from < rows; from += chunkRows) {
        const to = Math.min(from + chunkRows, rows);
        onWeights(name, (to - from) * columns * BYTES);
        const values = await weights.rows(name, from, to);
        await file.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      }
    }
    return await file.finish();
  } finally {
    await file.close();
  }
}

import { join } from 'node:path';
import { elementCount } from '../checkpoint/shape.ts';
import type { WeightSource } from '../checkpoint/weight-source.ts';
import { HashedFile } from '../folder/hashed-file.ts';
import type { SourceFile } from '../folder/manifest.ts';
import type { NewFolder } from '../folder/new-folder.ts';
import { jsonBytes } from '../model-files.ts';

/** Weights that are in memory at once: 16 MB. */
const CHUNK_WEIGHTS = 2 ** 22;
const BYTES = 4;

/** Names of the weights of one file. */
type Shard = readonly string[];

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
  const shards = cutIntoShards(weights, shardBytes);
  const files: SourceFile[] = [];
  const weightMap: [string, string][] = [];
  for (const [index, shard] of shards.entries()) {
    const name = shardName(index, shards.length);
    files.push({ name, ...(await writeShard(join(folder.path, name), shard, weights, onWeights)) });
    weightMap.push(...shard.map((weight): [string, string] => [weight, name]));
  }
  if (shards.length === 1) return files;
  const totalBytes = [...weights.names].reduce((sum, name) => sum + weightBytes(weights, name), 0);
  const index = { metadata: { total_size: totalBytes }, weight_map: Object.fromEntries(weightMap) };
  return [...files, await folder.writeFile('model.safetensors.index.json', jsonBytes(index))];
}

export function weightBytes(weights: WeightSource, name: string): number {
  return BYTES * elementCount(weights.shape(name));
}

function cutIntoShards(weights: WeightSource, shardBytes: number): Shard[] {
  const shards: string[][] = [[]];
  let filled = 0;
  for (const name of weights.names) {
    const bytes = weightBytes(weights, name);
    if (filled > 0 && filled + bytes > shardBytes) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)!.push(name);
    filled += bytes;
  }
  return shards;
}

function shardName(index: number, count: number): string {
  const digits = (value: number): string => String(value).padStart(5, '0');
  return count === 1 ? 'model.safetensors' : `model-${digits(index + 1)}-of-${digits(count)}.safetensors`;
}

async function writeShard(
  path: string,
  shard: Shard,
  weights: WeightSource,
  onWeights: (name: string, bytes: number) => void,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const file = await HashedFile.create(path);
  try {
    await file.write(shardHeader(shard, weights));
    for (const name of shard) {
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

/** Length of the header as u64, then the header: JSON, filled with blanks to a multiple of 8 bytes. */
function shardHeader(shard: Shard, weights: WeightSource): Uint8Array {
  const entries: [string, unknown][] = [['__metadata__', { format: 'pt' }]];
  let offset = 0;
  for (const name of shard) {
    const end = offset + weightBytes(weights, name);
    entries.push([name, { dtype: 'F32', shape: weights.shape(name), data_offsets: [offset, end] }]);
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  return header;
}

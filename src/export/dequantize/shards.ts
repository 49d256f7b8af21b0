/** How tensors lie in safetensors files: https://huggingface.co/docs/safetensors */

/** A tensor that is to be written. */
export interface ShardTensor {
  readonly name: string;
  /** As the format spells it: F32, BF16 … */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** One file of a checkpoint. */
export interface Shard {
  readonly file: string;
  readonly tensors: readonly ShardTensor[];
}

/** Files of at most `shardBytes`, named as Hugging Face names them; a larger tensor has a file of its own. */
export function cutIntoShards(tensors: Iterable<ShardTensor>, shardBytes: number): Shard[] {
  const shards: ShardTensor[][] = [[]];
  let filled = 0;
  for (const tensor of tensors) {
    if (filled > 0 && filled + tensor.bytes > shardBytes) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)!.push(tensor);
    filled += tensor.bytes;
  }
  return shards.map((shard, i) => ({ file: shardName(i, shards.length), tensors: shard }));
}

/** The content of model.safetensors.index.json. */
export function shardIndex(shards: readonly Shard[]): object {
  const totalBytes = shards.flatMap(({ tensors }) => tensors).reduce((sum, { bytes }) => sum + bytes, 0);
  const weightMap = shards.flatMap(({ file, tensors }) => tensors.map(({ name }): [string, string] => [name, file]));
  return { metadata: { total_size: totalBytes }, weight_map: Object.fromEntries(weightMap) };
}

/** Length of the header as u64, then the header: JSON, filled with blanks to a multiple of 8 bytes. */
export function shardHeader(tensors: readonly ShardTensor[]): Uint8Array {
  const entries: [string, unknown][] = [['__metadata__', { format: 'pt' }]];
  let offset = 0;
  for (const { name, dtype, shape, bytes } of tensors) {
    const end = offset + bytes;
    entries.push([name, { dtype, shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  return header;
}

function shardName(index: number, count: number): string {
  const digits = (value: number): string => String(value).padStart(5, '0');
  return count === 1 ? 'model.safetensors' : `model-${digits(index + 1)}-of-${digits(count)}.safetensors`;
}

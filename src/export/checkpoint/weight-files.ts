import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { inputError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { checkSchema } from './check-schema.ts';
import type { PinnedFolder } from './pinned-folder.ts';
import { openSafetensors, type SafetensorsFile } from './safetensors-file.ts';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/**
 * Opens the weights of a folder: one safetensors file, or the shards that the index names.
 * @returns files in the order of their names
 * @throws FtLensError (input)
 */
export async function openWeightFiles(folder: PinnedFolder): Promise<SafetensorsFile[]> {
  const index = await folder.readJson(INDEX, LIMITS.indexBytes);
  const single = await openSafetensors(folder, SINGLE);
  if (single !== undefined && index !== undefined) {
    throw inputError('This folder holds two sets of weights.', {
      where: folder.directory,
      expected: `${SINGLE} or ${INDEX}`,
      got: 'both',
      remedy: 'move one of them away',
    });
  }
  if (single !== undefined) return [single];
  if (index === undefined) throw await noWeights(folder);
  return openShards(folder, parseWeightMap(index, join(folder.directory, INDEX)));
}

/** Tensor → shard, from the index of a sharded checkpoint. */
function parseWeightMap(index: unknown, file: string): Map<string, string> {
  const { weight_map: weightMap } = checkSchema(z.object({ weight_map: z.custom<object>(isObject) }), index, file);
  const shards = new Map<string, string>();
  for (const [tensor, shard] of Object.entries(weightMap)) {
    if (typeof shard !== 'string' || !isShardName(shard)) {
      throw inputError('The index names a shard that is not a file of this folder.', {
        where: `${file}, tensor ${tensor}`,
        expected: 'a plain file name that ends in .safetensors',
        got: JSON.stringify(shard),
      });
    }
    shards.set(tensor, shard);
  }
  const count = new Set(shards.values()).size;
  if (count > LIMITS.shards || shards.size > LIMITS.tensors) {
    throw inputError('The index names too many shards or tensors.', {
      where: file,
      expected: `at most ${LIMITS.shards} shards and ${LIMITS.tensors} tensors`,
      got: `${count} and ${shards.size}`,
    });
  }
  return shards;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A base name: nothing that leads to another folder, or that the operating system would cut short. */
function isShardName(name: string): boolean {
  return /^[^/\\\p{Cc}]+\.safetensors$/u.test(name) && Buffer.byteLength(name) <= LIMITS.nameBytes;
}

async function openShards(folder: PinnedFolder, weightMap: ReadonlyMap<string, string>): Promise<SafetensorsFile[]> {
  const files: SafetensorsFile[] = [];
  for (const shard of [...new Set(weightMap.values())].sort()) {
    const file = await openSafetensors(folder, shard);
    if (file === undefined) {
      throw inputError('A shard of this checkpoint is missing.', {
        where: join(folder.directory, shard),
        expected: `the file, as ${INDEX} says`,
        got: 'no such file',
        remedy: 'fetch the checkpoint again',
      });
    }
    files.push(file);
  }
  checkShards(files, weightMap);
  return files;
}

/** Every tensor stands in the shard that the index names, and in no other. */
function checkShards(files: readonly SafetensorsFile[], weightMap: ReadonlyMap<string, string>): void {
  const found = new Set<string>();
  for (const file of files) {
    for (const tensor of file.header.tensors.keys()) {
      const named = weightMap.get(tensor);
      if (named !== file.name) {
        throw inputError('The index and the shards of this checkpoint do not agree.', {
          where: `${file.name}, tensor ${tensor}`,
          expected: named === undefined ? 'only tensors that the index names' : `this tensor in ${named}`,
          got: `it stands in ${file.name}`,
        });
      }
      found.add(tensor);
    }
  }
  for (const [tensor, shard] of weightMap) {
    if (found.has(tensor)) continue;
    throw inputError('The index and the shards of this checkpoint do not agree.', {
      where: `${shard}, tensor ${tensor}`,
      expected: `this tensor, as ${INDEX} says`,
      got: 'no such tensor',
    });
  }
}

/** Names that weights of other formats have. */
const OTHER_WEIGHTS = /\.(gguf|bin|pth?|ckpt|h5|npz|msgpack|safetensors)$/;

async function noWeights(folder: PinnedFolder): Promise<Error> {
  if ((await folder.open('pytorch_model.bin')) ?? (await folder.open('pytorch_model.bin.index.json'))) {
    return inputError('The weights of this checkpoint are pickled, and a pickle can run code.', {
      where: folder.directory,
      expected: `${SINGLE}, or shards and ${INDEX}`,
      got: 'pytorch_model.bin',
      remedy:
        "convert it where you trust it: python -c \"from transformers import AutoModelForCausalLM as M; M.from_pretrained('DIR').save_pretrained('OUT')\"",
    });
  }
  const other = (await readdir(folder.directory)).find((name) => OTHER_WEIGHTS.test(name));
  return inputError('This folder holds no weights.', {
    where: folder.directory,
    expected: `${SINGLE}, or shards and ${INDEX}`,
    got: other ?? 'neither',
    remedy: other?.endsWith('.gguf')
      ? 'take the checkpoint that the GGUF file was made from, in safetensors'
      : 'fetch the checkpoint in safetensors',
  });
}

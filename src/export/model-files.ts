import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { readPinnedFile } from './checkpoint/pinned-file.ts';
import { readJson } from './checkpoint/read-json.ts';
import type { SourceFile } from './folder/manifest.ts';
import type { NewFolder } from './folder/new-folder.ts';

type JsonObject = Readonly<Record<string, unknown>>;

const TOKENIZER_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'chat_template.jinja',
];
/** Keys of config.json that generation falls back to. */
const GENERATION_KEYS = ['bos_token_id', 'eos_token_id', 'pad_token_id'] as const;

/**
 * Writes config.json, generation_config.json and the tokenizer's files.
 * @param source folder of the model that they come from
 * @param changes keys of config.json to set; undefined takes a key out
 */
export async function writeModelFiles(folder: NewFolder, source: string, changes: JsonObject): Promise<SourceFile[]> {
  const config = await readObject(source, 'config.json');
  if (config === undefined) throw inputError('The model has no config.json.', { where: source });
  const generation = (await readObject(source, 'generation_config.json')) ?? generationConfig(config);
  const files = [
    // The path that a checkpoint was once loaded from says nothing of it.
    await folder.writeFile('config.json', jsonBytes({ ...config, _name_or_path: undefined, ...changes })),
    await folder.writeFile('generation_config.json', jsonBytes(generation)),
  ];
  for (const name of TOKENIZER_FILES) {
    const bytes = await readPinnedFile(source, name, LIMITS.tokenizerBytes);
    if (bytes !== undefined) files.push(await folder.writeFile(name, bytes));
  }
  return files;
}

/** Size of the files that {@link writeModelFiles} takes from a folder. */
export async function modelFilesBytes(source: string): Promise<number> {
  const names = ['config.json', 'generation_config.json', ...TOKENIZER_FILES];
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(source, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** JSON as it stands in a file. */
export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}

function generationConfig(config: JsonObject): JsonObject {
  return Object.fromEntries(
    GENERATION_KEYS.filter((key) => Object.hasOwn(config, key)).map((key) => [key, config[key]]),
  );
}

async function readObject(folder: string, name: string): Promise<JsonObject | undefined> {
  const json = await readJson(folder, name, LIMITS.configBytes);
  if (json === undefined) return undefined;
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as JsonObject;
  throw inputError('A JSON file does not hold an object.', { where: join(folder, name) });
}

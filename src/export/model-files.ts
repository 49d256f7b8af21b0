import { join } from 'node:path';
import { inputError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { readWhole } from '../pinned-file.ts';
import { PinnedFolder } from './checkpoint/pinned-folder.ts';
import type { SourceFile } from './folder/manifest.ts';
import type { NewFolder } from './folder/new-folder.ts';

type JsonObject = Readonly<Record<string, unknown>>;

const CONFIG = 'config.json';
const GENERATION_CONFIG = 'generation_config.json';
const TOKENIZER_FILES: readonly string[] = [
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
 * The small files of a model beside its weights. They stay open: what is written hours later is what stood there when
 * the work began, whatever has taken their names since.
 */
export class ModelFiles {
  readonly #folder: PinnedFolder;

  private constructor(folder: PinnedFolder) {
    this.#folder = folder;
  }

  static async open(directory: string): Promise<ModelFiles> {
    const folder = new PinnedFolder(directory);
    try {
      for (const name of [CONFIG, GENERATION_CONFIG, ...TOKENIZER_FILES]) await folder.open(name);
      return new ModelFiles(folder);
    } catch (error) {
      await folder.close();
      throw error;
    }
  }

  /** Of all of them. */
  get bytes(): number {
    return this.#folder.files.reduce((sum, file) => sum + file.bytes, 0);
  }

  /**
   * Writes config.json, generation_config.json and the tokenizer's files.
   * @param changes keys of config.json to set; undefined takes a key out
   */
  async write(target: NewFolder, changes: JsonObject): Promise<SourceFile[]> {
    const { directory, files } = this.#folder;
    const config = await this.#readObject(CONFIG);
    if (config === undefined) throw inputError('The model has no config.json.', { where: directory });
    const generation = (await this.#readObject(GENERATION_CONFIG)) ?? generationConfig(config);
    const written = [
      // The path that a checkpoint was once loaded from says nothing of it.
      await target.writeFile(CONFIG, jsonBytes({ ...config, _name_or_path: undefined, ...changes })),
      await target.writeFile(GENERATION_CONFIG, jsonBytes(generation)),
    ];
    for (const file of files.filter(({ name }) => TOKENIZER_FILES.includes(name)))
      written.push(await target.writeFile(file.name, await readWhole(file, directory, LIMITS.tokenizerBytes)));
    return written;
  }

  close(): Promise<void> {
    return this.#folder.close();
  }

  async #readObject(name: string): Promise<JsonObject | undefined> {
    if (!this.#folder.files.some((file) => file.name === name)) return undefined;
    const json = await this.#folder.readJson(name, LIMITS.configBytes);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as JsonObject;
    throw inputError('A JSON file does not hold an object.', { where: join(this.#folder.directory, name) });
  }
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

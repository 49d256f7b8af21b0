import { readdir } from 'node:fs/promises';
import type { FailureDetails } from '../../errors.ts';

interface KnownContent {
  /** of a file in the folder */
  readonly name: RegExp;
  readonly got: string;
  readonly remedy: string;
}

/** What people give instead of an export, in the order in which it is looked for. */
const KNOWN_CONTENTS: readonly KnownContent[] = [
  {
    name: /^journal\.jsonl$/,
    got: 'an export that was not finished',
    remedy: 'give the ft-lens export command that began it again: it goes on from there',
  },
  {
    name: /^adapter_config\.json$/,
    got: 'a PEFT adapter',
    remedy: 'ft-lens export --checkpoint DIR --adapter DIR --out DIR makes an export of a checkpoint with it',
  },
  {
    name: /\.safetensors$/,
    got: 'a Hugging Face checkpoint',
    remedy: 'ft-lens export --checkpoint DIR --out DIR makes an export of it',
  },
  {
    name: /\.gguf$/i,
    got: 'a GGUF file',
    remedy: 'ft-lens export --checkpoint DIR --out DIR makes an export of the checkpoint that it was made from',
  },
  {
    name: /\.onnx$/i,
    got: 'a model of another name',
    remedy: 'call the graph of the decoder model.onnx, with its data files beside it under their own names',
  },
  {
    name: /^onnx$/,
    got: 'a folder that holds a folder onnx',
    remedy: 'give that folder, with config.json and the tokenizer in it',
  },
];

/** What stands in a folder that holds no model, and what can be made of it. */
export async function folderContent(folder: string): Promise<Required<Pick<FailureDetails, 'got' | 'remedy'>>> {
  const names = await readdir(folder).catch((): string[] => []);
  const known = KNOWN_CONTENTS.find(({ name }) => names.some((file) => name.test(file)));
  return known ?? { got: 'no such file', remedy: 'ft-lens export --checkpoint DIR --out DIR makes one' };
}

import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { FIXTURES, ftLens } from '../helpers/cli.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const folder = temporaryFolder();

/** A folder like another one, with something wrong about it. */
function spoilt(source: string, name: string, spoil: (path: string) => void): void {
  cpSync(join(folder, source), join(folder, name), { recursive: true });
  spoil(join(folder, name));
}

function edit(path: string, from: string, to: string): void {
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replaceAll(from, to));
}

beforeAll(async () => {
  for (const [fixture, name] of [
    ['tiny-published', 'base'],
    ['tiny-v5', 'other'],
    ['adapters/tiny-published/attention', 'lora'],
  ] as const)
    cpSync(join(FIXTURES, fixture), join(folder, name), { recursive: true });
  const run = async (...args: string[]): Promise<void> =>
    expect(await ftLens([...args, '--quiet'], { cwd: folder })).toMatchObject({ status: 0 });
  await run('export', '--checkpoint', 'base', '--out', 'base-int4');
  await run('export', '--checkpoint', 'other', '--out', 'two-layers');
  await run('analyze', 'fox', '--base', 'base-int4', '--json', '-o', 'report.json');

  spoilt('base-int4', 'other-words', (path) => edit(join(path, 'tokenizer.json'), '<|im_end|>', '<|fox|>'));
  spoilt('base-int4', 'without-data', (path) => rmSync(join(path, 'model.onnx_data')));
  spoilt('base-int4', 'without-tokenizer', (path) => rmSync(join(path, 'tokenizer.json')));
  spoilt('base-int4', 'changed', (path) => {
    const data = readFileSync(join(path, 'model.onnx_data'));
    data[5_000] = data[5_000]! ^ 1;
    writeFileSync(join(path, 'model.onnx_data'), data);
  });
  spoilt('base', 'cut-off', (path) => {
    const shard = join(path, 'model-00002-of-00002.safetensors');
    truncateSync(shard, statSync(shard).size - 1_000);
  });
  spoilt('base', 'incomplete', (path) => rmSync(join(path, 'model-00001-of-00002.safetensors')));
  spoilt('other', 'llama', (path) => edit(join(path, 'config.json'), '"qwen3_moe"', '"llama"'));
  spoilt('lora', 'pickled', (path) =>
    renameSync(join(path, 'adapter_model.safetensors'), join(path, 'adapter_model.bin')),
  );
  mkdirSync(join(folder, 'begun.partial'));
  appendFileSync(join(folder, 'begun.partial', 'journal.jsonl'), 'x\n');
  const report = readFileSync(join(folder, 'report.json'), 'utf8');
  writeFileSync(join(folder, 'newer.json'), report.replace(/"schemaVersion": ?"1.0"/, '"schemaVersion":"2.0"'));
  writeFileSync(join(folder, 'half.json'), report.slice(0, 500));
});

/** What goes wrong most often, as it is typed. */
const MISTAKES: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['a folder whose name is misspelt', ['analyze', 'fox', '--base', 'bas-int4']],
  ['a checkpoint where an export belongs', ['analyze', 'fox', '--base', 'base']],
  ['an adapter where an export belongs', ['analyze', 'fox', '--base', 'base-int4', '--ft', 'lora']],
  ['an export that was not finished', ['analyze', 'fox', '--base', 'begun.partial']],
  ['a prompt that is forgotten', ['analyze', '--base', 'base-int4']],
  ['a prompt without quotes, and a file', ['analyze', 'fox', '--prompt-file', 'x', '--base', 'base-int4']],
  ['an option that is misspelt', ['analyze', 'fox', '--topk', '3']],
  ['a command that is misspelt', ['anallyze', 'fox']],
  ['a number that is none', ['analyze', 'fox', '--base', 'base-int4', '--top-k', '5x']],
  ['more tokens than there are', ['analyze', 'fox', '--base', 'base-int4', '--top-k', '100000']],
  ['a position behind the end', ['analyze', 'fox', '--base', 'base-int4', '--positions', '0,99']],
  ['a report into a folder that is not there', ['analyze', 'fox', '--base', 'base-int4', '-o', 'nowhere/report.txt']],
  ['a prompt that is too long', ['analyze', 'fox '.repeat(400), '--base', 'base-int4']],
  ['a pair of two vocabularies', ['analyze', 'fox', '--base', 'base-int4', '--ft', 'other-words']],
  ['a pair of two architectures', ['analyze', 'fox', '--base', 'base-int4', '--ft', 'two-layers']],
  ['an export without its data', ['analyze', 'fox', '--base', 'without-data']],
  ['a text for a model without a tokenizer', ['analyze', 'fox', '--base', 'without-tokenizer']],
  ['a name of the hub that was never fetched', ['export', '--checkpoint', 'fox/forest-3b', '--out', 'out']],
  ['another architecture', ['export', '--checkpoint', 'llama', '--out', 'out']],
  ['a checkpoint with a shard missing', ['export', '--checkpoint', 'incomplete', '--out', 'out']],
  ['a checkpoint with a shard cut off', ['export', '--checkpoint', 'cut-off', '--out', 'out']],
  ['an adapter of another model', ['export', '--checkpoint', 'other', '--adapter', 'lora', '--out', 'out']],
  ['an adapter that is pickled', ['export', '--checkpoint', 'base', '--adapter', 'pickled', '--out', 'out']],
  ['a checkpoint where an adapter belongs', ['export', '--checkpoint', 'base', '--adapter', 'other', '--out', 'out']],
  ['an adapter where a checkpoint belongs', ['export', '--checkpoint', 'lora', '--out', 'out']],
  ['blocks that do not fit', ['export', '--checkpoint', 'base', '--out', 'out', '--block-size', '128']],
  ['an output folder that is there', ['export', '--checkpoint', 'base', '--out', 'base-int4']],
  ['an output folder that is forgotten', ['export', '--checkpoint', 'base']],
  ['an export whose bytes have changed', ['inspect', 'changed', '--verify']],
  ['a report of a newer version', ['render', 'newer.json']],
  ['a report that is cut off', ['render', 'half.json']],
];

/** The block of a failure, without the lines of progress before it and the path of this test's folder. */
const blockOf = (stderr: string): string => stderr.slice(stderr.search(/^error {2}/m)).replaceAll(folder, '/home/fox');

describe('what goes wrong most often', () => {
  test('is answered with what, where, expected and got, and what to do', { timeout: 240_000 }, async () => {
    const transcript: string[] = [];
    for (const [name, args] of MISTAKES) {
      const { status, stdout, stderr } = await ftLens(args, {
        cwd: folder,
        env: { HF_HOME: '/home/fox/.cache/huggingface' },
      });
      const block = blockOf(stderr);
      const lines = block.trimEnd().split('\n');
      expect(stdout, name).toBe('');
      expect(lines[0], name).toMatch(new RegExp(`^error {2}[A-Z0-9].*\\. +exit ${status}$`));
      expect(status, name).toBe(2);
      for (const label of ['where', 'expected', 'do']) {
        expect(
          lines.filter((line) => line.startsWith(`  ${label}`)),
          `${name}: ${label}\n${block}`,
        ).toHaveLength(1);
      }
      expect(block, `${name}: got`).toMatch(/(^ {2}| {5})got {2}/m);
      const command = ['ft-lens', ...args].join(' ');
      transcript.push(`# ${name}\n$ ${command.length > 100 ? `${command.slice(0, 60)}…` : command}\n${block}`);
    }
    await expect(transcript.join('\n')).toMatchFileSnapshot('snapshots/mistakes.txt');
  });
});

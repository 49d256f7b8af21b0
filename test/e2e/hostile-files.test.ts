import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { FIXTURES, ftLens, temporaryFolder, type CliResult } from '../helpers/cli.ts';

const EXPORT = join(import.meta.dirname, '../../models/base-int4');
const folder = temporaryFolder();
const inFolder = (...args: string[]): Promise<CliResult> => ftLens(args, { cwd: folder });
afterAll(() => rmSync(folder, { recursive: true }));

/** A copy of the demo's base. */
function copy(name: string): string {
  const target = join(folder, name);
  mkdirSync(target);
  for (const file of readdirSync(EXPORT)) cpSync(join(EXPORT, file), join(target, file));
  return target;
}

/** The error of a call that is refused as a wrong input, and whose text a terminal shows as it is. */
async function refused(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await inFolder(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).not.toMatch(/[^\P{Cc}\n]/u);
  return stderr;
}

describe('files of another kind, given by mistake', () => {
  test('GGUF, as a file, as the weights, and under the name of safetensors', async () => {
    const gguf = Buffer.concat([Buffer.from('GGUF\x03\0\0\0'), Buffer.alloc(100)]);
    writeFileSync(join(folder, 'model.gguf'), gguf);
    expect(await refused('inspect', 'model.gguf')).toMatch(/got +a GGUF file/);

    const checkpoint = join(folder, 'gguf');
    cpSync(join(FIXTURES, 'tiny-v5'), checkpoint, { recursive: true });
    rmSync(join(checkpoint, 'model.safetensors'));
    writeFileSync(join(checkpoint, 'model-Q4_K_M.gguf'), gguf);
    expect(await refused('export', '--checkpoint', 'gguf', '--out', 'out')).toContain('model-Q4_K_M.gguf');
    writeFileSync(join(checkpoint, 'model.safetensors'), gguf);
    expect(await refused('export', '--checkpoint', 'gguf', '--out', 'out')).toMatch(/got +a GGUF file/);
  });

  test('pickles, and pointers of Git LFS', async () => {
    const checkpoint = join(folder, 'pickle');
    cpSync(join(FIXTURES, 'tiny-v5'), checkpoint, { recursive: true });
    writeFileSync(join(checkpoint, 'model.safetensors'), Buffer.from('PK\x03\x04\x14\0\0\0archive/data.pkl', 'latin1'));
    expect(await refused('export', '--checkpoint', 'pickle', '--out', 'out')).toContain('a pickle can run code');
    rmSync(join(checkpoint, 'model.safetensors'));
    writeFileSync(join(checkpoint, 'pytorch_model.bin'), 'PK');
    expect(await refused('export', '--checkpoint', 'pickle', '--out', 'out')).toContain('a pickle can run code');

    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 70515\n';
    writeFileSync(join(copy('pointer'), 'model.onnx'), pointer);
    expect(await refused('analyze', 'fox', '--base', 'pointer')).toContain('git lfs pull');
  });

  test('reports that are none', async () => {
    writeFileSync(join(folder, 'report.json'), Buffer.from('\x80\x04\x95', 'latin1'));
    expect(await refused('render', 'report.json')).toContain('not valid UTF-8');
    writeFileSync(join(folder, 'report.json'), '['.repeat(1_000_000));
    expect(await refused('render', 'report.json')).toContain('nested too deeply');
    execFileSync('/usr/bin/env', ['mkfifo', join(folder, 'pipe.json')]);
    expect(await refused('render', 'pipe.json')).toContain('not a regular file');
  });
});

test('a tokenizer cannot write to the terminal, nor can its library', async () => {
  const path = join(copy('loud'), 'tokenizer.json');
  const json = JSON.parse(readFileSync(path, 'utf8'));
  json.pre_tokenizer = { type: 'Split', pattern: { '\u001b[31mred': 'x' }, behavior: 'Isolated', invert: false };
  writeFileSync(path, JSON.stringify(json));
  const { stdout, stderr } = await inFolder('analyze', 'fox', '--base', 'loud', '--quiet');
  expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n]/u);
  expect(stderr).not.toContain('pattern type');
});

test('an export in a hub cache, all links to blobs, is read and verified like any other', async () => {
  const model = join(folder, 'hub/models--o--m');
  mkdirSync(join(model, 'blobs'), { recursive: true });
  mkdirSync(join(model, 'snapshots/abc'), { recursive: true });
  for (const name of readdirSync(EXPORT)) {
    cpSync(join(EXPORT, name), join(model, 'blobs', `hash-${name}`));
    symlinkSync(`../../blobs/hash-${name}`, join(model, 'snapshots/abc', name));
  }
  const cached = 'hub/models--o--m/snapshots/abc';
  const call = ['analyze', '--token-ids', '1,2,3', '--json', '--quiet', '--base'];
  const [there, here] = await Promise.all([inFolder(...call, cached), inFolder(...call, EXPORT)]);
  expect(there).toMatchObject({ status: 0, stderr: '' });
  const positions = ({ stdout }: CliResult) => JSON.parse(stdout).models.base.positions;
  expect(positions(there)).toEqual(positions(here));
  expect(await inFolder('inspect', '--verify', cached)).toMatchObject({ status: 0 });
});

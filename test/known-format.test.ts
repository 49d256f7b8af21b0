import { expect, it } from 'vitest';
import { readHeaderLength } from '../src/export/checkpoint/safetensors-header.ts';
import { knownFormat } from '../src/known-format.ts';
import { decodeModel } from '../src/onnx/model.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const POINTER = bytes('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n');

it.each([
  ['GGUF\x03\0\0\0', 'a GGUF file'],
  ['PK\x03\x04\0\0\0\0', 'a zip archive, as torch.save writes it'],
  ['\x80\x02}q\0X\0\0', 'a pickle'],
  ['version https://git-lfs', 'a pointer of Git LFS, not the file'],
  ['<!DOCTYPE html>', 'a web page'],
])('knows %j', (start, what) => {
  expect(knownFormat(bytes(start))?.what).toBe(what);
});

it('says nothing of files that are what they should be', () => {
  expect(knownFormat(bytes('\x40\0\0\0\0\0\0\0{"a"'))).toBeUndefined();
  expect(knownFormat(bytes('\x08\x0a\x12\x07ft-lens'))).toBeUndefined();
});

it('is told where weights or a graph are expected', () => {
  expect(() => readHeaderLength(POINTER.subarray(0, 8), POINTER.length, 'model.safetensors')).toThrow(
    expect.objectContaining({
      got: 'a pointer of Git LFS, not the file',
      remedy: expect.stringContaining('git lfs pull'),
    }),
  );
  expect(() => decodeModel(POINTER, 'model.onnx')).toThrow(
    expect.objectContaining({ got: 'a pointer of Git LFS, not the file' }),
  );
});

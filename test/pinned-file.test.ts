import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openPinnedFile } from '../src/pinned-file.ts';
import { temporaryFolder } from './export/checkpoint/tiny-files.ts';

it('reads any part of a file', async () => {
  const file = (await openPinnedFile(temporaryFolder({ a: 'hello' }), 'a'))!;
  expect(file.bytes).toBe(5);
  expect(Buffer.from(await file.read(1, 3)).toString()).toBe('ell');
  await file.close();
});

it('gives nothing for a file that is not there', async () => {
  expect(await openPinnedFile(temporaryFolder(), 'a')).toBeUndefined();
});

it('follows a link within its folder, and no other', async () => {
  const outside = temporaryFolder({ secret: 'x' });
  const folder = temporaryFolder({ a: 'hello' });
  symlinkSync('a', join(folder, 'inside'));
  symlinkSync(join(outside, 'secret'), join(folder, 'outside'));
  const file = await openPinnedFile(folder, 'inside');
  expect(file?.bytes).toBe(5);
  await file?.close();
  await expect(openPinnedFile(folder, 'outside')).rejects.toThrow(/leads out of its folder/);
});

it('does not wait for a pipe, nor read a folder', async () => {
  const folder = temporaryFolder();
  execFileSync('/usr/bin/env', ['mkfifo', join(folder, 'pipe')]);
  mkdirSync(join(folder, 'sub'));
  await expect(openPinnedFile(folder, 'pipe')).rejects.toThrow(/not a regular file/);
  await expect(openPinnedFile(folder, 'sub')).rejects.toThrow(/not a regular file/);
});

it('notices that a file became shorter', async () => {
  const folder = temporaryFolder({ a: 'hello' });
  const file = (await openPinnedFile(folder, 'a'))!;
  truncateSync(join(folder, 'a'), 2);
  await expect(file.read(0, 5)).rejects.toMatchObject({ got: '2 bytes' });
  await file.close();
});

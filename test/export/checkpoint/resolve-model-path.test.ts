import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveModelPath } from '../../../src/export/checkpoint/resolve-model-path.ts';
import { temporaryFolder } from './tiny-files.ts';

const REVISION = '0123456789abcdef0123456789abcdef01234567';

function cacheAt(hub: string, revision = REVISION): string {
  const model = join(hub, 'models--Qwen--Tiny');
  mkdirSync(join(model, 'refs'), { recursive: true });
  mkdirSync(join(model, 'snapshots', REVISION), { recursive: true });
  writeFileSync(join(model, 'refs', 'main'), revision);
  return join(model, 'snapshots', REVISION);
}

describe('the place of a model', () => {
  it('is a folder when there is one', async () => {
    const folder = temporaryFolder();
    expect(await resolveModelPath(folder, {})).toBe(folder);
  });

  it.each([
    ['HF_HUB_CACHE', ''],
    ['HUGGINGFACE_HUB_CACHE', ''],
    ['HF_HOME', 'hub'],
    ['XDG_CACHE_HOME', join('huggingface', 'hub')],
  ])('is looked up in the cache under %s', async (variable, below) => {
    const root = temporaryFolder();
    const snapshot = cacheAt(join(root, below));
    expect(await resolveModelPath('Qwen/Tiny', { [variable]: root })).toBe(snapshot);
  });

  it('is never fetched: the error says how', async () => {
    await expect(resolveModelPath('Qwen/Tiny', { HF_HOME: temporaryFolder() })).rejects.toMatchObject({
      name: 'FtLensError',
      remedy: expect.stringContaining('hf download Qwen/Tiny'),
    });
  });

  it('does not follow a revision out of the cache', async () => {
    const root = temporaryFolder();
    cacheAt(root, '../../..');
    await expect(resolveModelPath('Qwen/Tiny', { HF_HUB_CACHE: root })).rejects.toMatchObject({ got: 'neither' });
  });

  it.each(['../nowhere', '/no/such/folder', 'a/b/c', './x', 'a\0b', ''])('is refused for %j', async (name) => {
    await expect(resolveModelPath(name, {})).rejects.toMatchObject({ name: 'FtLensError' });
  });

  it('is no file', async () => {
    const folder = temporaryFolder({ 'model.safetensors': '' });
    await expect(resolveModelPath(join(folder, 'model.safetensors'), {})).rejects.toThrow(/not a folder/);
  });
});

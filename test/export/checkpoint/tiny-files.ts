import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { TINY_CONFIG_JSON, tinySafetensors, type TinyTensor, tinyWeights } from './tiny-model.ts';

/** A folder that is gone after the test. */
export function temporaryFolder(files: Record<string, string | Uint8Array> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'ft-lens-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/** A checkpoint folder with one weight file. */
export function tinyCheckpoint(
  weights: Record<string, TinyTensor> = tinyWeights(),
  config: object = TINY_CONFIG_JSON,
): string {
  return temporaryFolder({ 'config.json': JSON.stringify(config), 'model.safetensors': tinySafetensors(weights) });
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs a step on a folder that holds these files, and takes the folder away. */
export async function inFolder(
  files: Readonly<Record<string, string | Uint8Array>>,
  step: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ft-lens-fuzz-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    await step(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function json(value: unknown): Uint8Array {
  return utf8(JSON.stringify(value));
}

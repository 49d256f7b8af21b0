import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SyntheticAdapter } from '../../../scripts/synthetic/adapter-tensors.ts';
import { syntheticShape, type SyntheticShape } from '../../../scripts/synthetic/shapes.ts';
import { syntheticSource } from '../../../scripts/synthetic/source.ts';
import { writeAdapter, writeCheckpoint } from '../../../scripts/synthetic/write-checkpoint.ts';
import { exportFrom, exportModel } from '../../../src/export/export-model.ts';

const tiny = syntheticShape('tiny');
const SEED = 7;

const adapter = (targets: SyntheticAdapter['targets'], dora = false): SyntheticAdapter => ({
  targets,
  rank: 4,
  alpha: 8,
  dora,
});

describe('an export of generated weights', { timeout: 60_000 }, () => {
  it.each<{ what: string; shape: SyntheticShape; change: SyntheticAdapter | undefined }>([
    { what: 'a base', shape: tiny, change: undefined },
    { what: 'a tied base', shape: syntheticShape('tiny', { tiedEmbeddings: true }), change: undefined },
    { what: 'attention and router', shape: tiny, change: adapter(['attention', 'router']) },
    { what: 'attention with DoRA', shape: tiny, change: adapter(['attention'], true) },
    { what: 'fused experts', shape: tiny, change: adapter(['experts']) },
    { what: 'each expert', shape: tiny, change: adapter(['each-expert']) },
    { what: 'embedding and head', shape: tiny, change: adapter(['embedding', 'head']) },
  ])('has the same bytes as one of the written files: $what', async ({ shape, change }) => {
    const folder = temporaryFolder();
    const [model, lora] = [join(folder, 'model'), join(folder, 'adapter')];
    await writeCheckpoint(model, shape, SEED);
    if (change) await writeAdapter(lora, shape, change, SEED);
    await exportModel({ checkpoint: model, adapter: change && lora, out: join(folder, 'written') });

    const source = await syntheticSource(shape, SEED, change);
    await exportFrom(source, { out: join(folder, 'streamed') }).finally(() => source.close());

    const [written, streamed] = [exportFiles(join(folder, 'written')), exportFiles(join(folder, 'streamed'))];
    expect([...streamed.keys()]).toEqual([...written.keys()]);
    for (const [name, bytes] of written) {
      // The manifest also names the source's files.
      if (name !== 'manifest.json') expect(streamed.get(name)!.equals(bytes), name).toBe(true);
    }
    expect(weightsOf(streamed)).toEqual(weightsOf(written));
  });
});

function exportFiles(folder: string): Map<string, Buffer> {
  return new Map(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name))]),
  );
}

function weightsOf(files: ReadonlyMap<string, Buffer>): object {
  const { source: _, ...rest } = JSON.parse(files.get('manifest.json')!.toString());
  return rest;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ft-lens-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const SOURCE = join(import.meta.dirname, '../../src');
const IMPORT = /^(?:import|export) (?!type )(?:[^'";]*? from )?'(?<path>[^']+)';/gm;

/** What a module loads before it runs: files below src/ and packages. Imports on demand are not among them. */
function loads(entry: string): Set<string> {
  const found = new Set<string>();
  const visit = (file: string): void => {
    if (found.has(relative(SOURCE, file))) return;
    found.add(relative(SOURCE, file));
    for (const { groups } of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      const path = groups?.['path'] ?? '';
      if (path.startsWith('.')) visit(resolve(dirname(file), path));
      else found.add(path);
    }
  };
  visit(join(SOURCE, entry));
  return found;
}

/** Each takes 40 to 80 ms to load. */
const HEAVY = ['zod', '@bufbuild/protobuf', 'string-width', 'onnxruntime-node'];

test.each([
  ['a call is understood', 'cli/run-program.ts', HEAVY],
  ['the engine is started', 'cli/run/analyze.ts', HEAVY],
  ['the engine is started, from the library', 'analysis/analyze.ts', HEAVY],
  ['the engine can load a model', 'analysis/engine/child/main.ts', HEAVY],
  ['ONNX Runtime is up', 'analysis/engine/child/runtime.ts', ['zod', '@bufbuild/protobuf']],
  ['a text is cut into tokens', 'analysis/tokenizer/thread/worker.ts', HEAVY],
  ['the models are read', 'analysis/analyze-models.ts', ['string-width', 'onnxruntime-node']],
])('nothing heavy is loaded before %s', (_what, entry, heavy) => {
  const loaded = loads(entry);
  expect(loaded.size).toBeGreaterThan(1);
  expect(heavy.filter((name) => loaded.has(name))).toEqual([]);
});

test('what is heavy would be found', () => {
  expect([...loads('report/schema.ts')]).toContain('zod');
  expect([...loads('onnx/model.ts')]).toContain('@bufbuild/protobuf');
});

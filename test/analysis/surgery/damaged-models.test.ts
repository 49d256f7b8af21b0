import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { auditGraph } from '../../../src/analysis/anatomy/audit.ts';
import { findAnatomy } from '../../../src/analysis/anatomy/find-anatomy.ts';
import { quantizationRecipe } from '../../../src/analysis/anatomy/recipe.ts';
import { cutHead } from '../../../src/analysis/surgery/cut-head.ts';
import { instrumentBackbone } from '../../../src/analysis/surgery/instrument-backbone.ts';
import { FtLensError } from '../../../src/errors.ts';
import { externalFiles } from '../../../src/onnx/external-data.ts';
import { decodeModel, encodeModel } from '../../../src/onnx/model.ts';
import { validateModel } from '../../../src/onnx/validate.ts';
import { syntheticDecoder } from '../../helpers/synthetic-decoder.ts';

const where = 'model.onnx';

/** All that happens to a model before the native runtime sees it. */
function prepare(bytes: Uint8Array): void {
  const model = decodeModel(bytes, where);
  validateModel(model, where);
  auditGraph(model, where);
  externalFiles(model, where, new Map());
  const anatomy = findAnatomy(model, { where });
  quantizationRecipe(model, anatomy);
  encodeModel(instrumentBackbone(model, anatomy).model);
  encodeModel(cutHead(model, anatomy, { norm: 'final' }));
}

function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`../../fixtures/onnx/${name}.onnx`, import.meta.url));
}

const FILES: [string, Uint8Array][] = [
  ['a plain decoder', encodeModel(syntheticDecoder({ layers: 1 }))],
  ['fused norms', encodeModel(syntheticDecoder({ layers: 1, norms: 'fused', head: 'quantized' }))],
  ['mobius-gqa', fixture('mobius-gqa')],
  ['torch-dynamo', fixture('torch-dynamo')],
];
const MUTANTS = 100;

describe.each(FILES)('%s, damaged', (_name, bytes) => {
  it('is understood or refused, never a defect', { timeout: 60_000 }, () => {
    expect(() => prepare(bytes)).not.toThrow();
    let refused = 0;
    let seed = 7;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let i = 0; i < MUTANTS; i++) {
      const damaged = Uint8Array.from(bytes);
      for (let flips = 1 + random(3); flips > 0; flips--) damaged[random(damaged.length)] = random(256);
      try {
        prepare(damaged);
      } catch (error) {
        if (!(error instanceof FtLensError)) throw error;
        refused += 1;
      }
    }
    // Most flips hit weights, which only a checksum can tell; a reader that refuses nothing would show here.
    expect(refused).toBeGreaterThan(MUTANTS / 20);
    expect(refused).toBeLessThan(MUTANTS);
  });
});

import { expect, it } from 'vitest';
import { roundingOf } from '../../../src/analysis/parts/rounding.ts';
import type { Manifest, QuantizationError } from '../../../src/export/folder/manifest.ts';
import { tinyManifest } from '../../export/folder/tiny-manifest.ts';

function manifest(means: Partial<Record<QuantizationError['kind'], number>>): Manifest {
  const quantizationError = Object.entries(means).map(([kind, mean]) => ({
    kind: kind as QuantizationError['kind'],
    bits: 4 as const,
    weights: 1,
    mean,
    worst: { weight: 'w', error: mean },
  }));
  return { ...tinyManifest, quantizationError };
}

it('is what both manifests say of a part', () => {
  const [base, ft] = [manifest({ attention: 0.1, norm: 0 }), manifest({ attention: 0.2, norm: 0.01 })];
  expect(roundingOf('attention', base, ft)).toEqual({ rounding: { base: 0.1, ft: 0.2 } });
  expect(roundingOf('final-norm', base, ft)).toEqual({ rounding: { base: 0, ft: 0.01 } });
  expect(roundingOf('experts', base, ft)).toEqual({});
});

it('of a tied head is that of the embedding', () => {
  const [tied, own] = [manifest({ embedding: 0.3 }), manifest({ embedding: 0.3, head: 0.4 })];
  expect(roundingOf('head', tied, own)).toEqual({ rounding: { base: 0.3, ft: 0.4 } });
});

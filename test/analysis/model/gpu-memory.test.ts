import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { gpuMemoryNeeded } from '../../../src/analysis/model/gpu-memory.ts';
import { openModel } from '../../../src/analysis/model/open-model.ts';

const demo = (name: string) => openModel(fileURLToPath(new URL(`../../../models/${name}`, import.meta.url)));

describe('gpuMemoryNeeded', () => {
  it('counts the layers without embedding and head, and scales of experts as f16', async () => {
    const model = await demo('base-int4');
    const tensors = model.manifest?.tensors ?? [];
    const bytes = (wanted: (name: string) => boolean) =>
      tensors.filter(({ name }) => wanted(name)).reduce((sum, tensor) => sum + tensor.bytes, 0);
    const apart = bytes((name) => name.startsWith('model.embed_tokens') || name.startsWith('lm_head'));
    const scales = bytes((name) => name.includes('.experts.') && name.endsWith('.scales'));
    const layers = bytes(() => true) - apart - scales / 2;
    const head = bytes((name) => name === model.anatomy.head.weight);
    expect(gpuMemoryNeeded([model]).weights).toBe(Math.max(layers, 5 * head));
    expect(scales).toBeGreaterThan(0);
  });

  it('is that of the larger of two models, not of both', async () => {
    const [base, ft] = [await demo('base-int4'), await demo('ft-int4')];
    expect(gpuMemoryNeeded([base, ft])).toEqual(gpuMemoryNeeded([base]));
  });
});

import { describe, expect, it } from 'vitest';
import { wantedAttention } from '../../src/analysis/attention-layers.ts';

const wanted = (attentionLayers: 'last' | 'all' | number[], heads = false): number[] =>
  wantedAttention({ attentionLayers, heads }, 4);

describe('wantedAttention', () => {
  it('lists nothing more than every report has, unless it is asked for', () => {
    expect(wanted('last')).toEqual([]);
    expect(wanted('last', true)).toEqual([4]);
  });

  it('sorts layers and takes each once', () => {
    expect(wanted('all')).toEqual([1, 2, 3, 4]);
    expect(wanted([3, 1, 3])).toEqual([1, 3]);
  });

  it.each([[0], [5], [-1], [1.5]])('refuses layer %d', (layer) => {
    expect(() => wanted([1, layer])).toThrow(
      expect.objectContaining({ kind: 'usage', where: '--attention-layers', got: String(layer) }),
    );
  });

  it('says that the embedding attends to nothing', () => {
    expect(() => wanted([0])).toThrow(expect.objectContaining({ expected: expect.stringContaining('embedding') }));
  });

  it('refuses an empty list', () => {
    expect(() => wanted([])).toThrow('no layer');
  });
});

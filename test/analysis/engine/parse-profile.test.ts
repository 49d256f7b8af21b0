import { describe, expect, it } from 'vitest';
import { parseProfile } from '../../../src/analysis/engine/parse-profile.ts';

/** As ONNX Runtime 1.30 writes it: sizes are strings, and other events stand between those of nodes. */
const profile = [
  { cat: 'Session', name: 'session_initialization', dur: 100_458, args: {} },
  {
    cat: 'Node',
    name: '/lm_head/Gemm_kernel_time',
    dur: 90,
    args: { provider: 'CUDAExecutionProvider', op_name: 'Gemm', output_size: '24', activation_size: '16' },
  },
  { cat: 'Node', name: '/lm_head/Gemm_fence_after', dur: 1, args: { op_name: 'Gemm' } },
  { cat: 'Session', name: 'model_run', dur: 3_000 },
];

describe('parseProfile', () => {
  it('gives the nodes that ran, with their provider and sizes', () => {
    expect(parseProfile(JSON.stringify(profile))).toEqual([
      { name: '/lm_head/Gemm', operator: 'Gemm', provider: 'CUDAExecutionProvider', bytes: 40, microseconds: 90 },
    ]);
  });

  it('refuses what is no profile', () => {
    expect(() => parseProfile('{}')).toThrow();
    expect(() => parseProfile('[{"cat": 1}]')).toThrow();
  });
});

import { describe, expect, it } from 'vitest';
import { matchPatterns } from '../../../src/export/lora/match-patterns.ts';

const Q0 = 'model.layers.0.self_attn.q_proj';
const Q10 = 'model.layers.10.self_attn.q_proj';
const FUSED = 'model.layers.0.mlp.experts.gate_up_proj';

const match = (patterns: [string, number][], modules: string[]) =>
  matchPatterns(patterns, modules, 'adapter_config.json');

describe('a pattern', () => {
  // Each row is what Python prints for re.match(rf"(.*\.)?({pattern})$", module).
  it.each<[string, string, boolean]>([
    ['q_proj', Q0, true],
    ['_proj', Q0, false],
    ['self_attn.q_proj', Q0, true],
    ['layers.0.self_attn.q_proj', Q10, false],
    ['model.layers.0.self_attn.q_proj', Q0, true],
    ['layers\\.\\d+\\.self_attn\\.(q|k)_proj', Q10, true],
    ['.*\\.gate_up_proj', FUSED, true],
    ['[qk]_proj', Q0, true],
    ['q_proj|k_proj', Q0, true],
    ['q_proj|layers', Q0, true],
    ['layers.1[0-5].*', Q10, true],
    ['layers.1[0-5].*', Q0, false],
    ['q', Q0, false],
  ])('%s matches %s: %s', (pattern, module, matches) => {
    expect(match([[pattern, 4]], [module])).toEqual([matches ? 4 : undefined]);
  });

  it('that comes first wins', () => {
    const patterns: [string, number][] = [
      ['layers.0.*', 8],
      ['q_proj', 4],
    ];
    expect(match(patterns, [Q0, Q10, FUSED])).toEqual([8, 4, 8]);
  });

  it.each(['(?i)q_proj', '(?P<a>q)_proj', 'q_proj\\Z', '(?=q)q_proj', 'q(', 'a{,3}', '*'])(
    '%s is refused: Python would read it otherwise',
    (pattern) => {
      expect(() => match([[pattern, 4]], [Q0])).toThrow(/cannot be read/);
    },
  );

  it('that needs exponential time is given up', () => {
    const started = performance.now();
    expect(() => match([['(a+)+b', 4]], ['a'.repeat(60)])).toThrow(/too long to match/);
    expect(performance.now() - started).toBeLessThan(10_000);
  }, 15_000);
});

import { expect, it } from 'vitest';
import type { Result } from '../../../scripts/bench/interleave.ts';
import type { Measurement } from '../../../scripts/bench/measure.ts';
import type { Subject } from '../../../scripts/bench/subjects.ts';
import { benchTables } from '../../../scripts/bench/tables.ts';

const machine = {
  processor: 'Processor',
  cores: 2,
  memoryBytes: 24 * 2 ** 30,
  kernel: '6.0',
  node: 'v20.20.2',
  onnxruntime: '1.30.0',
};

function result(
  subject: Partial<Subject>,
  [wall, cpu, anonymous, resident]: readonly [number, number, number, number],
): Result {
  const median: Measurement = {
    wallSeconds: wall,
    cpuSeconds: cpu,
    peakAnonymousBytes: anonymous * 1e9,
    peakResidentBytes: resident * 1e9,
    readBytes: resident * 1e9,
  };
  return { subject: { task: 'analyze', tool: 'ft-lens', shape: '2gb', command: [], ...subject }, runs: [], median };
}

it('sets other programs beside ft-lens with the same prompt, and exports by themselves', () => {
  const tables = benchTables(
    [
      result({ tokens: 10 }, [2, 3, 0.5, 1]),
      result({ tokens: 64 }, [4, 7, 0.5, 1]),
      result({ tokens: 10, tool: 'transformers', dtype: 'bf16' }, [16, 20, 4, 5]),
      result({ tokens: 10, task: 'analyze from the disk' }, [9, 3, 0.5, 3]),
      result({ tool: 'dd', task: 'read from the disk' }, [10, 1, 0, 5]),
      result({ task: 'export', inputBytes: 2e9 }, [4, 8, 0.75, 1]),
    ],
    machine,
  );
  expect(tables).toBe(`Processor, 2 cores, 24 GB; Node.js 20.20.2, ONNX Runtime 1.30.0. Medians.

| Base and fine-tune | wall | CPU | anonymous memory | memory with files |
| --- | --: | --: | --: | --: |
| 2gb, 10 tokens: ft-lens | 2.0 s | 3.0 s | 0.50 GB | 1.00 GB |
| 2gb, 64 tokens: ft-lens | 4.0 s | 7.0 s | 0.50 GB | 1.00 GB |
| 2gb, 10 tokens: transformers, bf16 | 16.0 s (8.0×) | 20.0 s (6.7×) | 4.00 GB (8.0×) | 5.00 GB (5.0×) |

| Nothing in the page cache | wall | read | dd for these bytes |
| --- | --: | --: | --: |
| 2gb, 10 tokens | 9.0 s | 3.00 GB | 6.0 s (1.50×) |

| Export | wall | CPU | bf16 read | anonymous memory | memory with files |
| --- | --: | --: | --: | --: | --: |
| 2gb: export | 4.0 s | 8.0 s | 0.50 GB/s | 0.75 GB | 1.00 GB |`);
});

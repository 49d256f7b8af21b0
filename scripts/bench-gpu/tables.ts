import { formatGigabytes, formatSeconds, markdownTable } from '../bench/markdown.ts';
import type { GpuResults } from './results.ts';

/** The tables of the README, of the parts that there are. */
export function gpuTables(results: GpuResults): string {
  const { machine } = results;
  const gpu =
    machine && `${machine.gpu ?? 'no GPU'}; ${machine.processor}, ${machine.cores} cores; Node.js ${machine.node}`;
  const tables = [gpu, exportTable(results), commandTable(results), loadTable(results), hotTable(results)];
  return [...tables, numericsTable(results)].filter((table) => table !== undefined).join('\n\n');
}

function exportTable({ export: exports }: GpuResults): string | undefined {
  if (exports === undefined) return undefined;
  const rows = exports.map(({ what, inputBytes, run }) => [
    what,
    formatSeconds(run.wallSeconds),
    formatSeconds(run.cpuSeconds),
    `${(inputBytes / 1e9 / run.wallSeconds).toFixed(2)} GB/s`,
    formatGigabytes(run.peakAnonymousBytes),
  ]);
  return markdownTable(['Export', 'wall', 'CPU', 'bf16 read', 'anonymous memory'], rows);
}

/** A row for each run of the command: the first one meets a GPU that has done nothing. */
function commandTable({ analyze }: GpuResults): string | undefined {
  if (analyze === undefined) return undefined;
  const rows = analyze.map(({ run, phases, peakGpuBytes }, i) => [
    `run ${i + 1}`,
    ...[run.wallSeconds, phases.rest, phases.load, phases.forward, phases.lens].map(formatSeconds),
    `${(peakGpuBytes / 2 ** 30).toFixed(1)} GiB`,
  ]);
  return markdownTable(['Base and fine-tune', 'wall', 'start', 'load', 'first runs', 'lens', 'GPU memory'], rows);
}

function loadTable({ load }: GpuResults): string | undefined {
  if (load === undefined) return undefined;
  const rows = (['warm', 'cold'] as const).map((state) => {
    const { bytes, seconds, loadSeconds } = load[state];
    return [`${state} page cache`, formatGigabytes(bytes), formatSeconds(seconds), formatSeconds(loadSeconds)];
  });
  return markdownTable(['One export', 'weights', 'dd', 'load'], rows);
}

/** Milliseconds on the same GPU, in the same run. */
function hotTable({ hot, transformers }: GpuResults): string | undefined {
  if (hot === undefined) return undefined;
  const ms = (value: number | undefined): string => (value === undefined ? '' : `${value.toFixed(1)} ms`);
  const rows = hot.forward.map(({ tokens, first, hot: again }) => {
    const other = transformers?.forward.find((run) => run.tokens === tokens);
    return [`forward, ${tokens} tokens`, ms(first), ms(again), ms(other?.hot)];
  });
  const lens = transformers && 2 * transformers.lens.hot + transformers.lens.compare;
  rows.push(['lens, both models', ms(hot.lens.first), ms(hot.lens.hot), ms(lens)]);
  return markdownTable(['Loaded model', 'first run', 'ft-lens', 'transformers bf16'], rows);
}

function numericsTable({ numerics }: GpuResults): string | undefined {
  if (numerics === undefined) return undefined;
  const rows = numerics.map(({ what, difference, selfTest }) => [
    what,
    `${difference.sameTop1} of ${difference.rows}`,
    String(difference.changedBeyondMargin),
    ...[difference.residualNorm, difference.entropy, difference.js].map((value) => value.toExponential(1)),
    selfTest === undefined ? '' : selfTest.toExponential(1),
  ]);
  const head = ['CUDA against the CPU', 'same top-1', 'others', 'residual norm', 'entropy', 'JS', 'one block'];
  return markdownTable(head, rows);
}

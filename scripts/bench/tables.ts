import type { Result } from './interleave.ts';
import type { Machine } from './machine.ts';
import { formatGigabytes, formatSeconds, markdownTable } from './markdown.ts';
import type { Measurement } from './measure.ts';

/** The tables of the README. */
export function benchTables(results: readonly Result[], machine: Machine): string {
  const analyses = results.filter(({ subject }) => subject.task === 'analyze');
  const exports = results.filter(({ subject }) => subject.task.startsWith('export'));
  const cold = results.filter(({ subject }) => subject.task === 'analyze from the disk');
  return [
    machineLine(machine),
    ...(analyses.length > 0 ? [analysisTable(analyses)] : []),
    ...(cold.length > 0 ? [coldTable(cold, results)] : []),
    ...(exports.length > 0 ? [exportTable(exports)] : []),
  ].join('\n\n');
}

function machineLine({ processor, cores, memoryBytes, node, onnxruntime }: Machine): string {
  const memory = `${Math.round(memoryBytes / 2 ** 30)} GB`;
  return `${processor}, ${cores} cores, ${memory}; Node.js ${node.slice(1)}, ONNX Runtime ${onnxruntime}. Medians.`;
}

const FIGURES = ['wallSeconds', 'cpuSeconds', 'peakAnonymousBytes', 'peakResidentBytes'] as const;

/** Another program's figures stand with their ratio to those of ft-lens for the same model and prompt. */
function analysisTable(results: readonly Result[]): string {
  const rows = results.map(({ subject, median }) => {
    const own = results.find(
      (other) =>
        other.subject.tool === 'ft-lens' &&
        other.subject.shape === subject.shape &&
        other.subject.tokens === subject.tokens,
    );
    const cells = FIGURES.map((figure) => figureText(figure, median, own?.median));
    const tool = [subject.tool, subject.dtype].filter(Boolean).join(', ');
    return [`${subject.shape}, ${subject.tokens} tokens: ${tool}`, ...cells];
  });
  return markdownTable(['Base and fine-tune', 'wall', 'CPU', 'anonymous memory', 'memory with files'], rows);
}

/** Beside the time that dd takes for as many bytes. */
function coldTable(cold: readonly Result[], results: readonly Result[]): string {
  const rows = cold.map(({ subject, median }) => {
    const plain = results.find((other) => other.subject.tool === 'dd' && other.subject.shape === subject.shape)?.median;
    const seconds = plain === undefined ? NaN : (plain.wallSeconds * median.readBytes) / plain.readBytes;
    const ratio = `${formatSeconds(seconds)} (${(median.wallSeconds / seconds).toFixed(2)}×)`;
    const what = `${subject.shape}, ${subject.tokens} tokens`;
    return [what, formatSeconds(median.wallSeconds), formatGigabytes(median.readBytes), ratio];
  });
  return markdownTable(['Nothing in the page cache', 'wall', 'read', 'dd for these bytes'], rows);
}

function exportTable(results: readonly Result[]): string {
  const rows = results.map(({ subject, median }) => [
    `${subject.shape}: ${subject.task}`,
    formatSeconds(median.wallSeconds),
    formatSeconds(median.cpuSeconds),
    `${((subject.inputBytes ?? NaN) / 1e9 / median.wallSeconds).toFixed(2)} GB/s`,
    formatGigabytes(median.peakAnonymousBytes),
    formatGigabytes(median.peakResidentBytes),
  ]);
  return markdownTable(['Export', 'wall', 'CPU', 'bf16 read', 'anonymous memory', 'memory with files'], rows);
}

function figureText(figure: keyof Measurement, value: Measurement, own: Measurement | undefined): string {
  const text = figure.endsWith('Bytes') ? formatGigabytes(value[figure]) : formatSeconds(value[figure]);
  if (own === undefined || own === value) return text;
  return `${text} (${(value[figure] / own[figure]).toFixed(1)}×)`;
}

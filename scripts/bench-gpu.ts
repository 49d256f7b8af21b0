/**
 * Measures ft-lens with CUDA at the size of Qwen3-30B-A3B, beside Hugging Face transformers on the same GPU. The models
 * have random weights and are made here; 45 GB of disk are needed. Parts can run one by one: each leaves its figures
 * in the folder of results, and every call prints the table of all that there are.
 *
 *     npm run bench:gpu -- --work DIR
 *     npm run bench:gpu -- --work DIR --only analyze,hot
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import packageJson from '../package.json' with { type: 'json' };
import { dataFiles, evict, readPlainly } from './bench/disk.ts';
import { makeExports, type ModelPair, modelPair, removeExport } from './bench/inputs.ts';
import { describeMachine } from './bench/machine.ts';
import { measure } from './bench/measure.ts';
import { promptIds } from './bench/prompt.ts';
import { streamedExportCommand } from './bench/subjects.ts';
import { analyzeOnce, phasesOf } from './bench-gpu/analyze.ts';
import { compareReports } from './bench-gpu/compare-reports.ts';
import { hotRuns } from './bench-gpu/hot-runs.ts';
import { type GpuResults, ResultFolder } from './bench-gpu/results.ts';
import { gpuTables } from './bench-gpu/tables.ts';
import { transformersRuns } from './bench-gpu/transformers.ts';
import { syntheticShape } from './synthetic/shapes.ts';

const { values } = parseArgs({
  options: {
    shape: { type: 'string', default: '30b-a3b' },
    device: { type: 'string', default: 'cuda' },
    work: { type: 'string', default: join(import.meta.dirname, '../.cache/bench-gpu') },
    only: { type: 'string' },
    repeats: { type: 'string', default: '10' },
    runs: { type: 'string', default: '3' },
    python: { type: 'string', default: 'python3' },
    help: { type: 'boolean', default: false },
  },
});

const LENGTHS = [10, 64, 512];
const DEMO = join(import.meta.dirname, '../models');
const DEMO_IDS = promptIds(12, 4_000);

const device = values.device === 'cpu' ? 'cpu' : 'cuda';
const pair = modelPair(values.work, syntheticShape(values.shape));
const ids = promptIds(LENGTHS[0]!, pair.shape.vocabSize);

const PARTS: {
  readonly [Part in Exclude<keyof GpuResults, 'machine'>]-?: () => Promise<NonNullable<GpuResults[Part]>>;
} = {
  export: exportPair,
  analyze: analyzePair,
  load: loadBase,
  hot: () => hotRuns(device, [pair.base, pair.ft], LENGTHS, Number(values.repeats)),
  numerics: compareDevices,
  transformers: () => transformersRuns(values.python, device, pair.base, LENGTHS, Number(values.repeats)),
};

if (values.help) {
  process.stdout.write(`npm run bench:gpu -- [options]

  --only LIST     some of ${Object.keys(PARTS).join(', ')}
  --work DIR      where the models are made and kept, and the figures in DIR/results
  --shape NAME    another shape of npm run synthetic (default 30b-a3b)
  --device cpu    a rehearsal without a GPU
  --runs N        of the command line (default 3)
  --repeats N     of a loaded model (default 10)
  --python FILE   a Python with torch and transformers (default python3)
`);
} else {
  await bench();
}

async function bench(): Promise<void> {
  const results = new ResultFolder(join(values.work, 'results'));
  results.save('machine', describeMachine(packageJson.dependencies['onnxruntime-node']));
  const asked = values.only?.split(',') ?? Object.keys(PARTS);
  const unknown = asked.find((part) => !Object.hasOwn(PARTS, part));
  if (unknown !== undefined) throw new Error(`There is no part ${unknown}.`);
  for (const part of (Object.keys(PARTS) as (keyof typeof PARTS)[]).filter((name) => asked.includes(name))) {
    const start = performance.now();
    try {
      results.save(part, await PARTS[part]());
    } catch (error) {
      // The other parts still tell something.
      process.stderr.write(`${part} failed: ${error instanceof Error ? error.stack : String(error)}\n`);
      process.exitCode = 1;
    }
    process.stderr.write(`${part}: ${((performance.now() - start) / 1_000).toFixed(1)} s\n`);
  }
  process.stdout.write(`${gpuTables(results.all())}\n`);
}

async function exportPair(): Promise<NonNullable<GpuResults['export']>> {
  const exports = [];
  for (const [what, out, options] of [
    ['base', pair.base, []],
    ['attention LoRA of rank 16', pair.ft, ['--adapter', 'attention:16', '--share-with', pair.base]],
  ] as const) {
    await removeExport(out);
    const { stdout: _, ...run } = await measure(streamedExportCommand(pair.shape.name, out, options));
    exports.push({ what, inputBytes: pair.weightBytes, run });
  }
  return exports;
}

async function analyzePair(): Promise<NonNullable<GpuResults['analyze']>> {
  const runs = [];
  for (let i = 0; i < Number(values.runs); i++) {
    const analyzed = await analyzeOnce([pair.base, pair.ft], ids, device);
    runs.push({ run: analyzed.run, phases: phasesOf(analyzed), peakGpuBytes: analyzed.peakGpuBytes });
  }
  return runs;
}

/** One export from the page cache and from the disk, each beside a plain reading of the same files. */
async function loadBase(): Promise<NonNullable<GpuResults['load']>> {
  const files = await dataFiles(pair.base);
  const load = async (): Promise<number> => phasesOf(await analyzeOnce([pair.base], ids, device)).load;
  readPlainly(files);
  const warm = { ...readPlainly(files), loadSeconds: await load() };
  evict(files);
  const read = readPlainly(files);
  evict(files);
  return { warm, cold: { ...read, loadSeconds: await load() } };
}

/** The demo pair, and a model of one full-size layer. */
async function compareDevices(): Promise<NonNullable<GpuResults['numerics']>> {
  const block: ModelPair = modelPair(values.work, syntheticShape(values.shape, { layers: 1 }));
  if (!existsSync(block.ft)) await makeExports(block);
  const compared = [];
  for (const [what, models, prompt] of [
    ['demo pair', [join(DEMO, 'base-int4'), join(DEMO, 'ft-int4')], DEMO_IDS],
    ['one layer of full size', [block.base, block.ft], ids],
  ] as const) {
    const other = await analyzeOnce(models, prompt, device, ['--positions', 'all']);
    const cpu = await analyzeOnce(models, prompt, 'cpu', ['--positions', 'all']);
    const selfTest = other.report.checks.find(({ id }) => id === 'device-equals-cpu')?.value;
    compared.push({ what, difference: compareReports(cpu.report, other.report), selfTest });
  }
  return compared;
}

/**
 * Measures ft-lens on this machine, beside the same analysis written with Hugging Face transformers when there is a
 * Python that has it: whole processes, in turn, on generated models. Prints tables and writes every run as JSON.
 *
 *     npm run bench -- --python .venv/bin/python
 *     npm run bench -- --sizes 30b-a3b --rounds 3
 *     npm run bench -- --whole-export            61 GB of generated weights to one export
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import packageJson from '../package.json' with { type: 'json' };
import { findPython } from './bench/find-python.ts';
import { makeCheckpoint, makeExports, modelPair } from './bench/inputs.ts';
import { interleave, type Result } from './bench/interleave.ts';
import { describeMachine } from './bench/machine.ts';
import { formatGigabytes, formatSeconds } from './bench/markdown.ts';
import {
  analyzeSubject,
  coldSubjects,
  exportSubjects,
  streamedExportSubject,
  type Subject,
  type TransformersPlan,
  transformersSubject,
} from './bench/subjects.ts';
import { benchTables } from './bench/tables.ts';
import { type SyntheticShape, syntheticShape } from './synthetic/shapes.ts';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: 'small,2gb' },
    tokens: { type: 'string', default: '10' },
    growth: { type: 'boolean', default: false },
    cold: { type: 'boolean', default: false },
    export: { type: 'boolean', default: false },
    'whole-export': { type: 'boolean', default: false },
    f32: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    python: { type: 'string' },
    work: { type: 'string', default: join(import.meta.dirname, '../.cache/bench') },
    out: { type: 'string', default: 'bench.json' },
    help: { type: 'boolean', default: false },
  },
});

/** Larger models fit neither as a checkpoint on the disk nor into the memory of another program. */
const FT_LENS_ALONE = '30b-a3b';
const GROWTH_TOKENS = [10, 64, 512];

if (values.help) {
  process.stdout.write(`npm run bench -- [options]

  --sizes LIST      shapes of npm run synthetic (default small,2gb)
  --tokens LIST     prompt lengths (default 10)
  --growth          with 10, 64 and 512 tokens, and small models of more layers and experts
  --cold            also from the disk, with nothing in the page cache, beside dd
  --export          the exports of a checkpoint, without and with adapters
  --whole-export    the export of a whole ${FT_LENS_ALONE} from generated weights, once
  --f32             transformers in f32 as well as bf16
  --quick           the small shape, one round
  --rounds N        counted rounds (default 5)
  --python FILE     a Python with torch, transformers and peft
  --work DIR        where the models are made and kept
  --out FILE        every run, as JSON (default bench.json)
`);
} else {
  await bench();
}

async function bench(): Promise<void> {
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
  const python = findPython(values.python);
  if (python === undefined) process.stderr.write('No Python with transformers: ft-lens is measured alone.\n');
  const results: Result[] = [];
  for (const subjects of await subjectGroups(python?.file)) {
    results.push(...(await interleave(subjects, { rounds }, logRun)));
  }
  if (values['whole-export']) {
    const pair = modelPair(values.work, syntheticShape(FT_LENS_ALONE));
    results.push(...(await interleave([streamedExportSubject(pair)], { rounds: 1, warmUps: 0 }, logRun)));
  }
  const machine = describeMachine(packageJson.dependencies['onnxruntime-node']);
  const versions = python?.versions;
  writeFileSync(values.out, `${JSON.stringify({ machine, versions, rounds, results }, null, 1)}\n`);
  process.stdout.write(`${benchTables(results, machine)}\n`);
}

/** What is measured in turn: all that has to do with one model. */
async function subjectGroups(python: string | undefined): Promise<Subject[][]> {
  const groups: Subject[][] = [];
  const sizes = values.quick ? ['small'] : values.sizes.split(',').filter(Boolean);
  const lengths = values.growth ? GROWTH_TOKENS : values.tokens.split(',').map(Number);
  for (const size of sizes) groups.push(await subjectsOf(syntheticShape(size), lengths, python));
  for (const shape of values.growth ? growthShapes() : []) groups.push(await subjectsOf(shape, [10], python));
  return groups;
}

async function subjectsOf(
  shape: SyntheticShape,
  lengths: readonly number[],
  python: string | undefined,
): Promise<Subject[]> {
  const pair = modelPair(values.work, shape);
  mkdirSync(values.work, { recursive: true });
  await makeExports(pair);
  const alone = shape.name === FT_LENS_ALONE;
  if (!alone) await makeCheckpoint(pair);
  const others = python === undefined || alone ? [] : transformersPlans(python);
  return [
    ...lengths.flatMap((tokens) => [
      analyzeSubject(pair, tokens),
      ...others.map((plan) => transformersSubject(pair, tokens, plan)),
    ]),
    ...(values.cold ? await coldSubjects(pair, lengths[0]!) : []),
    ...(values.export && !alone ? exportSubjects(pair) : []),
  ];
}

function transformersPlans(python: string): TransformersPlan[] {
  const dtypes = values.f32 ? (['bf16', 'f32'] as const) : (['bf16'] as const);
  // Growth is shown beside the plan that needs least.
  const plans = values.growth ? [true] : [false, true];
  return dtypes.flatMap((dtype) => plans.map((inPlace) => ({ python, dtype, inPlace })));
}

function growthShapes(): SyntheticShape[] {
  return [
    syntheticShape('small', { layers: 12 }),
    syntheticShape('small', { layers: 24 }),
    syntheticShape('small', { experts: 64 }),
    syntheticShape('small', { experts: 128 }),
  ];
}

function logRun({ task, tool, dtype, shape, tokens }: Subject, run: Result['median'], round: number): void {
  const what = [shape, task, tool, dtype, tokens && `${tokens} tokens`].filter(Boolean).join(', ');
  const figures = `${formatSeconds(run.wallSeconds)} wall, ${formatSeconds(run.cpuSeconds)} CPU`;
  const memory = `${formatGigabytes(run.peakAnonymousBytes)} anonymous, ${formatGigabytes(run.peakResidentBytes)} in all`;
  process.stderr.write(`${round < 1 ? 'warm-up' : `round ${round}`}  ${what}: ${figures}, ${memory}\n`);
}

import { join } from 'node:path';
import { dataFiles, evict, largestOf } from './disk.ts';
import { type ModelPair, removeExport } from './inputs.ts';
import { promptIds } from './prompt.ts';

export type Tool = 'ft-lens' | 'dd' | 'transformers' | 'transformers, in place';
export type Dtype = 'bf16' | 'f32';

/** How transformers is run. */
export interface TransformersPlan {
  readonly python: string;
  readonly dtype: Dtype;
  /** One model in memory: the adapter is merged into the base after the base was read. */
  readonly inPlace: boolean;
}

/** A command to be measured. */
export interface Subject {
  readonly task:
    | 'analyze'
    | 'analyze from the disk'
    | 'read from the disk'
    | 'export'
    | 'export, attention LoRA'
    | 'export, LoRA on all experts';
  readonly tool: Tool;
  /** That transformers computes in. */
  readonly dtype?: Dtype;
  /** Of the model. */
  readonly shape: string;
  /** Length of the prompt. */
  readonly tokens?: number;
  /** Bytes of bf16 weights that are exported. */
  readonly inputBytes?: number;
  readonly command: readonly string[];
  /** Before every run. */
  prepare?(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '../..');
/** The command line, as it was built. */
export const FT_LENS = [process.execPath, join(ROOT, 'dist/cli/main.js')];
const HF_SCRIPT = join(import.meta.dirname, 'hf-analyze.py');

/** Both models of a pair through the command line of ft-lens. */
export function analyzeSubject(pair: ModelPair, tokens: number, options: readonly string[] = []): Subject {
  const ids = promptIds(tokens, pair.shape.vocabSize).join(',');
  const models = ['--base', pair.base, '--ft', pair.ft];
  return {
    task: 'analyze',
    tool: 'ft-lens',
    shape: pair.shape.name,
    tokens,
    command: [...FT_LENS, 'analyze', '--token-ids', ids, ...models, '--json', ...options],
  };
}

/** The same when nothing of the models is in the page cache, and a plain reading of their largest file. */
export async function coldSubjects(pair: ModelPair, tokens: number): Promise<Subject[]> {
  const files = [...(await dataFiles(pair.base)), ...(await dataFiles(pair.ft))];
  const prepare = async (): Promise<void> => evict(files);
  const analyze: Subject = { ...analyzeSubject(pair, tokens), task: 'analyze from the disk', prepare };
  const command = ['dd', `if=${largestOf(files)}`, 'of=/dev/null', 'bs=16M'];
  return [analyze, { task: 'read from the disk', tool: 'dd', shape: pair.shape.name, command, prepare }];
}

/** The same analysis of the same checkpoint and adapter with Hugging Face transformers. */
export function transformersSubject(
  pair: ModelPair,
  tokens: number,
  { python, dtype, inPlace }: TransformersPlan,
): Subject {
  const models = ['--checkpoint', pair.checkpoint, '--adapter', pair.adapter, ...(inPlace ? ['--in-place'] : [])];
  const torchDtype = dtype === 'bf16' ? 'bfloat16' : 'float32';
  return {
    task: 'analyze',
    tool: inPlace ? 'transformers, in place' : 'transformers',
    dtype,
    shape: pair.shape.name,
    tokens,
    command: [python, HF_SCRIPT, ...models, '--tokens', String(tokens), '--dtype', torchDtype],
  };
}

/** Exports of a checkpoint from its files: the base, and with each adapter. */
export function exportSubjects(pair: ModelPair): Subject[] {
  const out = `${pair.base}-measured`;
  const subject = (task: Subject['task'], adapter: readonly string[]): Subject => ({
    task,
    tool: 'ft-lens',
    shape: pair.shape.name,
    inputBytes: pair.weightBytes,
    command: [...FT_LENS, 'export', '--checkpoint', pair.checkpoint, ...adapter, '--out', out, '--quiet'],
    prepare: () => removeExport(out),
  });
  return [
    subject('export', []),
    subject('export, attention LoRA', ['--adapter', pair.adapter]),
    subject('export, LoRA on all experts', ['--adapter', pair.expertsAdapter]),
  ];
}

/** The export of generated weights, which need not fit on the disk. */
export function streamedExportSubject(pair: ModelPair): Subject {
  const out = `${pair.base}-measured`;
  return {
    task: 'export',
    tool: 'ft-lens',
    shape: pair.shape.name,
    inputBytes: pair.weightBytes,
    command: streamedExportCommand(pair.shape.name, out),
    prepare: () => removeExport(out),
  };
}

/** @param options of `npm run synthetic` */
export function streamedExportCommand(shape: string, out: string, options: readonly string[] = []): string[] {
  return [
    process.execPath,
    '--import',
    'tsx',
    join(ROOT, 'scripts/synthetic.ts'),
    '--shape',
    shape,
    '--out',
    out,
    ...options,
  ];
}

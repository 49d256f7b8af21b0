/**
 * Makes a model of random weights, of any size, and with an adapter if one is asked for: an export straight away,
 * without a checkpoint on the disk, or the checkpoint itself.
 *
 *     npm run synthetic -- --shape 30b-a3b --out base
 *     npm run synthetic -- --shape 30b-a3b --adapter attention:16 --share-with base --out ft
 *     npm run synthetic -- --shape 2gb --adapter attention:16 --write-checkpoint --out DIR    DIR/model and DIR/adapter
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exportFrom } from '../src/export/export-model.ts';
import type { ExportNotice, ExportProgress } from '../src/export/progress.ts';
import { LIMITS } from '../src/limits.ts';
import { ADAPTER_TARGETS, type AdapterTarget, type SyntheticAdapter } from './synthetic/adapter-tensors.ts';
import { SHAPE_NAMES, syntheticShape } from './synthetic/shapes.ts';
import { syntheticSource } from './synthetic/source.ts';
import { writeAdapter, writeCheckpoint } from './synthetic/write-checkpoint.ts';

const HEAD_BITS = [4, 8, 16] as const;

const { values } = parseArgs({
  options: {
    shape: { type: 'string', default: 'small' },
    layers: { type: 'string' },
    experts: { type: 'string' },
    tied: { type: 'boolean', default: false },
    adapter: { type: 'string' },
    alpha: { type: 'string' },
    dora: { type: 'boolean', default: false },
    seed: { type: 'string', default: '0' },
    out: { type: 'string' },
    'share-with': { type: 'string' },
    'head-bits': { type: 'string', default: '16' },
    'write-checkpoint': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help || values.out === undefined) {
  process.stdout.write(`npm run synthetic -- --out DIR [options]

  --shape NAME             ${SHAPE_NAMES.join(', ')} (default small)
  --layers N --experts N   change these sizes of the shape
  --tied                   the head is the embedding
  --adapter TARGETS:RANK   ${ADAPTER_TARGETS.join(', ')}; several joined by +
  --alpha N --dora         of the adapter (alpha is twice the rank by default)
  --seed N                 other weights of the same kind
  --share-with DIR         an export to share equal tensors with
  --head-bits 16|8|4
  --write-checkpoint       write safetensors instead of an export: DIR/model, and DIR/adapter
`);
  process.exitCode = values.help ? 0 : 2;
} else {
  await make(values.out);
}

async function make(out: string): Promise<void> {
  const shape = syntheticShape(values.shape, {
    ...(values.layers && { layers: wholeNumber('--layers', values.layers, 1, LIMITS.layers) }),
    ...(values.experts && { experts: wholeNumber('--experts', values.experts, 1, LIMITS.experts) }),
    ...(values.tied && { tiedEmbeddings: true }),
  });
  const seed = wholeNumber('--seed', values.seed, 0, 2 ** 31 - 1);
  const adapter = values.adapter === undefined ? undefined : parseAdapter(values.adapter);
  const start = performance.now();
  if (values['write-checkpoint']) {
    await writeCheckpoint(join(out, 'model'), shape, seed);
    if (adapter) await writeAdapter(join(out, 'adapter'), shape, adapter, seed);
  } else {
    const source = await syntheticSource(shape, seed, adapter);
    try {
      const headBits = HEAD_BITS.find((bits) => String(bits) === values['head-bits']);
      if (headBits === undefined) throw new Error(`--head-bits is one of ${HEAD_BITS.join(', ')}.`);
      const onNotice = ({ text }: ExportNotice): void => void process.stderr.write(`${text}\n`);
      const hooks = { onProgress: showProgress(), onNotice };
      await exportFrom(source, { out, shareWith: values['share-with'], headBits }, hooks);
    } finally {
      await source.close();
    }
  }
  process.stderr.write(
    `${process.stderr.isTTY ? '\r' : ''}${out}: ${shape.name}, ${((performance.now() - start) / 1_000).toFixed(1)} s\n`,
  );
}

/** TARGET[+TARGET…]:RANK */
function parseAdapter(text: string): SyntheticAdapter {
  const [names = '', rank = '16'] = text.split(':');
  const targets = names.split('+').map((name): AdapterTarget => {
    const target = ADAPTER_TARGETS.find((candidate) => candidate === name);
    if (target === undefined) throw new Error(`There is no target ${name}: take one of ${ADAPTER_TARGETS.join(', ')}.`);
    return target;
  });
  const size = wholeNumber('--adapter TARGET:RANK', rank, 1, LIMITS.hiddenSize);
  const alpha = Number(values.alpha ?? 2 * size);
  if (!Number.isFinite(alpha)) throw new Error(`--alpha is a number, not ${values.alpha}.`);
  return { targets, rank: size, alpha, dora: values.dora };
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new Error(`${option} is a whole number from ${least} to ${most}, not ${text}.`);
}

/** Bytes written so far, at most once a second, on a terminal. */
function showProgress(): (event: ExportProgress) => void {
  let shown = 0;
  return ({ bytes, totalBytes }) => {
    if (!process.stderr.isTTY || performance.now() - shown < 1_000) return;
    shown = performance.now();
    process.stderr.write(`\r${(bytes / 1e9).toFixed(1)} of ${(totalBytes / 1e9).toFixed(1)} GB `);
  };
}

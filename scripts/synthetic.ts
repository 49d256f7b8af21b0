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
import { ADAPTER_TARGETS, type AdapterTarget, type SyntheticAdapter } from './synthetic/adapter-tensors.ts';
import { SHAPE_NAMES, syntheticShape } from './synthetic/shapes.ts';
import { syntheticSource } from './synthetic/source.ts';
import { writeAdapter, writeCheckpoint } from './synthetic/write-checkpoint.ts';

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
    ...(values.layers && { layers: Number(values.layers) }),
    ...(values.experts && { experts: Number(values.experts) }),
    ...(values.tied && { tiedEmbeddings: true }),
  });
  const seed = Number(values.seed);
  const adapter = values.adapter === undefined ? undefined : parseAdapter(values.adapter);
  const start = performance.now();
  if (values['write-checkpoint']) {
    await writeCheckpoint(join(out, 'model'), shape, seed);
    if (adapter) await writeAdapter(join(out, 'adapter'), shape, adapter, seed);
  } else {
    const source = await syntheticSource(shape, seed, adapter);
    try {
      const headBits = Number(values['head-bits']) as 4 | 8 | 16;
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
  return { targets, rank: Number(rank), alpha: Number(values.alpha ?? 2 * Number(rank)), dora: values.dora };
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

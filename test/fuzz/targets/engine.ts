import * as fc from 'fast-check';
import { encodeModel } from '../../../src/onnx/model.ts';
import { built } from '../../helpers/built.ts';
import { SIZES, syntheticDecoder } from '../../helpers/synthetic-decoder.ts';
import { editedModel } from '../edits/onnx.ts';
import type { FuzzTarget } from '../target.ts';
import { inFolder, json } from './folder.ts';
import { prepare } from './onnx.ts';

/** A run of so small a model takes a fraction of a second. */
const HANGS_AFTER_MS = 60_000;

const DECODERS = [
  syntheticDecoder({ layers: 2 }),
  syntheticDecoder({ layers: 2, norms: 'fused', head: 'quantized', mlp: 'dense' }),
  syntheticDecoder({ layers: 2, attention: 'softmax', mlp: 'none', head: 'plain', lastPositionOnly: true }),
];
const config = json({ model_type: 'qwen3_moe', num_hidden_layers: 2 });

/** Graphs that every check lets through go to the native runtime, which may only end its own process. */
export const engineTarget: FuzzTarget = {
  name: 'engine',
  valid: DECODERS.map((model) => encodeModel(model)),
  damaged: fc.oneof(...DECODERS.map(editedModel)).filter(passesChecks),
  exitCodes: [2, 3],
  batch: 20,
  read: (file) =>
    inFolder({ 'model.onnx': file, 'config.json': config }, async (folder) => {
      const { analyze } = await built<typeof import('../../../src/index.ts')>('index.js');
      const signal = AbortSignal.timeout(HANGS_AFTER_MS);
      const report = await analyze({ prompt: { tokenIds: [1, 2, 3] }, base: folder, device: 'cpu' }, { signal });
      if (report.models.base.vocabSize !== SIZES.vocabulary && report.checks.every(({ status }) => status === 'pass'))
        throw new Error('Another vocabulary passed all checks.');
    }),
};

function passesChecks(file: Uint8Array): boolean {
  try {
    prepare(file);
    return true;
  } catch {
    return false;
  }
}

import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { auditGraph } from '../../../src/analysis/anatomy/audit.ts';
import { findAnatomy } from '../../../src/analysis/anatomy/find-anatomy.ts';
import { quantizationRecipe } from '../../../src/analysis/anatomy/recipe.ts';
import { cutHead } from '../../../src/analysis/surgery/cut-head.ts';
import { instrumentBackbone } from '../../../src/analysis/surgery/instrument-backbone.ts';
import { externalFiles } from '../../../src/onnx/external-data.ts';
import { decodeModel, encodeModel } from '../../../src/onnx/model.ts';
import { partition } from '../../../src/onnx/partition.ts';
import { validateModel } from '../../../src/onnx/validate.ts';
import { syntheticDecoder } from '../../helpers/synthetic-decoder.ts';
import { editedBytes } from '../edits/bytes.ts';
import { editedModel } from '../edits/onnx.ts';
import type { FuzzTarget } from '../target.ts';

const where = 'model.onnx';

/** Everything that happens to a graph before the native runtime sees it. */
export function prepare(bytes: Uint8Array): void {
  const model = decodeModel(bytes, where);
  validateModel(model, where);
  auditGraph(model, where);
  externalFiles(model, where, new Map([['model.onnx_data', 4_096]]));
  const anatomy = findAnatomy(model, { where });
  quantizationRecipe(model, anatomy);
  const backbone = instrumentBackbone(model, anatomy).model;
  encodeModel(backbone);
  partition(
    backbone,
    anatomy.residuals.slice(1, -1).flatMap(({ tensor }) => (tensor === undefined ? [] : [[tensor]])),
  );
  encodeModel(cutHead(model, anatomy, { norm: 'final' }));
}

const DECODERS = [
  syntheticDecoder({ layers: 2 }),
  syntheticDecoder({ layers: 1, norms: 'fused', head: 'quantized' }),
  syntheticDecoder({ layers: 1, attention: 'softmax', mlp: 'dense', head: 'plain' }),
];
const EXPORTED = ['mobius-gqa', 'torch-dynamo'].map((name) =>
  Uint8Array.from(readFileSync(new URL(`../../fixtures/onnx/${name}.onnx`, import.meta.url))),
);
const files = DECODERS.map((model) => encodeModel(model));

export const onnxTargets: readonly FuzzTarget[] = [
  {
    name: 'onnx-bytes',
    valid: [...files, ...EXPORTED],
    damaged: fc.oneof(...[...files, ...EXPORTED].map((bytes) => editedBytes(bytes))),
    read: prepare,
  },
  {
    name: 'onnx-graph',
    valid: files,
    damaged: fc.oneof(...[...DECODERS, ...EXPORTED.map((bytes) => decodeModel(bytes, where))].map(editedModel)),
    read: prepare,
  },
];

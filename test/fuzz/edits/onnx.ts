import * as fc from 'fast-check';
import { cloneModel, encodeModel, type OnnxModel } from '../../../src/onnx/model.ts';
import {
  type Change,
  addFunction,
  changeDimension,
  changeDomain,
  changeFloat,
  changeInteger,
  changeName,
  changeOperator,
  changeOpset,
  changeRank,
  changeType,
  collideOutputs,
  cutData,
  doubleAttribute,
  doubleInitializer,
  doubleInput,
  doubleNode,
  dropAttribute,
  dropGraphInput,
  dropGraphOutput,
  dropInitializer,
  dropInput,
  dropNode,
  dropOutput,
  emptyInput,
  growInputs,
  moveIntoBranch,
  moveOut,
  rewire,
  rewireForward,
  shadowWithFunction,
  swapNodes,
} from './onnx-changes.ts';

/** Sizes that must not size anything, and signs that readers forget. */
const SIZES: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  7n,
  16n,
  64n,
  1_024n,
  99_999n,
  2n ** 31n,
  2n ** 40n,
  2n ** 62n,
  -1n,
  -(2n ** 62n),
];

/** Operators that loop, fill memory, read shapes, or are not there. */
const OPERATORS: readonly string[] = [
  'Identity',
  'Cast',
  'Add',
  'MatMul',
  'Gather',
  'Reshape',
  'Transpose',
  'Softmax',
  'Concat',
  'Split',
  'Shape',
  'Constant',
  'ConstantOfShape',
  'Expand',
  'Tile',
  'Range',
  'Pad',
  'EyeLike',
  'RandomNormal',
  'OneHot',
  'Resize',
  'Loop',
  'Scan',
  'If',
  'QMoE',
  'MatMulNBits',
  'GroupQueryAttention',
  'SimplifiedLayerNormalization',
  'NoSuchOperator',
  '',
];
const DOMAINS: readonly string[] = ['', 'com.microsoft', 'ai.onnx', 'ai.onnx.ml', 'ai.onnx.training', 'com.example'];

const LOCATIONS: readonly string[] = [
  '../model.onnx',
  '/etc/passwd',
  'model.onnx_data',
  'model.onnx_data\0/../x',
  'a/../../b',
  'C:\\x',
  '',
  '.',
  './x',
  '*/_ORT_MEM_ADDR_/*',
  'data/../../x',
  'x'.repeat(2_000),
];
const DIGITS: readonly string[] = [
  '0',
  '1',
  '-1',
  '64',
  '4096',
  '9223372036854775807',
  '18446744073709551616',
  '1e3',
  ' 1',
  '',
];

const size = fc.constantFrom(...SIZES);

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: size.map(changeInteger) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      dropAttribute,
      doubleAttribute,
      dropInput,
      emptyInput,
      doubleInput,
      dropOutput,
      growInputs,
    ),
  },
  { weight: 3, arbitrary: fc.constantFrom(rewire, rewireForward, collideOutputs) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(dropNode, doubleNode, swapNodes, dropInitializer, doubleInitializer, cutData),
  },
  { weight: 2, arbitrary: fc.constantFrom(...OPERATORS).map(changeOperator) },
  { weight: 1, arbitrary: fc.constantFrom(...DOMAINS).map(changeDomain) },
  { weight: 3, arbitrary: size.map(changeDimension) },
  { weight: 1, arbitrary: fc.constantFrom(1, 8, 9, 1_000).map(changeRank) },
  { weight: 1, arbitrary: fc.nat(24).map(changeType) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...LOCATIONS), fc.constantFrom(...DIGITS), fc.constantFrom(...DIGITS))
      .map(moveOut),
  },
  { weight: 1, arbitrary: fc.constantFrom('\0', '\u001b[31m', '', 'x'.repeat(5_000), '__proto__').map(changeName) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(addFunction, shadowWithFunction, moveIntoBranch, dropGraphInput, dropGraphOutput),
  },
  { weight: 1, arbitrary: size.map(changeOpset) },
  { weight: 2, arbitrary: fc.double().map(changeFloat) },
);

const step = fc.record({ change, node: fc.nat(2 ** 31 - 1), item: fc.nat(2 ** 31 - 1), other: fc.nat(2 ** 31 - 1) });

/** A graph with one to three changes that keep it a protobuf. */
export function editedModel(seed: OnnxModel): fc.Arbitrary<Uint8Array> {
  return fc.array(step, { minLength: 1, maxLength: 3 }).map((steps) => {
    const model = cloneModel(seed);
    for (const { change: apply, ...pick } of steps) apply(model, pick);
    return encodeModel(model);
  });
}

import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { FtLensError } from '../../src/errors.ts';
import { externalFiles } from '../../src/onnx/external-data.ts';
import { DataType, GraphBuilder } from '../../src/onnx/graph-builder.ts';
import { emptyModel, type OnnxModel } from '../../src/onnx/model.ts';
import { StringStringEntryProtoSchema, TensorProto_DataLocation } from '../../src/onnx/proto/onnx-ml_pb.ts';

/** One f32 [2, 3] tensor, 24 bytes. */
function modelWith(entries: Record<string, string> | [string, string][]): OnnxModel {
  const model = emptyModel('test', 21);
  new GraphBuilder(model).initializer('w', DataType.FLOAT, [2, 3], { file: 'weights', offset: 0, length: 24 });
  const pairs = Array.isArray(entries) ? entries : Object.entries(entries);
  model.graph.initializer[0]!.externalData = pairs.map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value }),
  );
  return model;
}

function failure(model: OnnxModel, sizes?: ReadonlyMap<string, number>): FtLensError {
  try {
    externalFiles(model, 'model.onnx', sizes);
  } catch (error) {
    if (error instanceof FtLensError) return error;
    throw error;
  }
  throw new Error('the reference passed');
}

describe('externalFiles', () => {
  it('lists the files and where each tensor lies in them', () => {
    const model = emptyModel('test', 21);
    const graph = new GraphBuilder(model);
    graph.initializer('inline', DataType.FLOAT, [1], { bytes: new Uint8Array(4) });
    graph.initializer('a', DataType.FLOAT16, [3], { file: 'data', offset: 64, length: 6 });
    graph.initializer('b', DataType.INT4, [3], { file: 'sub/data_1', offset: 0, length: 2 });
    graph.initializer('c', DataType.UINT8, [0, 7], { file: 'data', offset: 70, length: 0 });
    expect(
      externalFiles(
        model,
        'model.onnx',
        new Map([
          ['data', 70],
          ['sub/data_1', 2],
        ]),
      ),
    ).toEqual([
      {
        file: 'data',
        tensors: [
          { name: 'a', offset: 64, length: 6 },
          { name: 'c', offset: 70, length: 0 },
        ],
      },
      { file: 'sub/data_1', tensors: [{ name: 'b', offset: 0, length: 2 }] },
    ]);
  });

  it('takes offset and length from the shape when they are left out', () => {
    expect(externalFiles(modelWith({ location: 'weights' }), 'model.onnx')[0]!.tensors).toEqual([
      { name: 'w', offset: 0, length: 24 },
    ]);
  });

  it.each([
    '../weights',
    'a/../../weights',
    '/etc/passwd',
    'a//b',
    './weights',
    '..',
    '',
    'a/',
    'C:weights',
    'a\\b',
    'weights\0.bin',
    'weights\n',
    '*/_ORT_MEM_ADDR_/*',
    '_ORT_MEM_ADDR_',
    'x'.repeat(2000),
  ])('refuses the location %j', (location) => {
    expect(failure(modelWith({ location })).expected).toContain('folder of the model');
  });

  it.each<[string, Record<string, string> | [string, string][]]>([
    ['an unknown key', { location: 'weights', __class__: 'x' }],
    [
      'a key given twice',
      [
        ['location', 'weights'],
        ['location', 'other'],
      ],
    ],
    ['no location', { offset: '0' }],
    ['a negative offset', { location: 'weights', offset: '-8' }],
    ['an offset past 2^53', { location: 'weights', offset: '9223372036854775807' }],
    ['an offset in another notation', { location: 'weights', offset: '0x10' }],
    ['a length that is not the shape', { location: 'weights', length: '23' }],
  ])('refuses %s', (_name, entries) => {
    expect(failure(modelWith(entries)).where).toBe('model.onnx, w');
  });

  it('refuses a tensor outside its file, and a file that is not there', () => {
    const model = modelWith({ location: 'weights', offset: '8', length: '24' });
    expect(externalFiles(model, 'model.onnx', new Map([['weights', 32]]))).toHaveLength(1);
    expect(failure(model, new Map([['weights', 31]])).got).toBe('a file of 31 bytes');
    expect(failure(model, new Map()).got).toBe('no such file');
  });

  it('refuses external data on a tensor that says it has none', () => {
    const model = modelWith({ location: 'weights' });
    model.graph.initializer[0]!.dataLocation = TensorProto_DataLocation.DEFAULT;
    expect(failure(model).expected).toContain('marked');
  });
});

import { readFileSync } from 'node:fs';
import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { FtLensError } from '../../src/errors.ts';
import { LIMITS } from '../../src/limits.ts';
import { DataType, GraphBuilder } from '../../src/onnx/graph-builder.ts';
import { cloneModel, decodeModel, emptyModel, encodeModel } from '../../src/onnx/model.ts';
import { GraphProtoSchema, ModelProtoSchema } from '../../src/onnx/proto/onnx-ml_pb.ts';

const fixture = readFileSync(new URL('../fixtures/onnx/torch-dynamo.onnx', import.meta.url));

function failure(bytes: Uint8Array): FtLensError {
  try {
    decodeModel(bytes, 'model.onnx');
  } catch (error) {
    if (error instanceof FtLensError) return error;
    throw error;
  }
  throw new Error('the file passed');
}

/** Protobuf field `number` holding `content`. */
function field(number: number, content: Uint8Array): Uint8Array {
  const head: number[] = [number * 8 + 2];
  for (let length = content.length; ; length = Math.floor(length / 128)) {
    head.push(length < 128 ? length : (length % 128) + 128);
    if (length < 128) break;
  }
  return Buffer.concat([Uint8Array.from(head), content]);
}

describe('decodeModel', () => {
  it('gives back the very bytes of a file another program wrote', () => {
    expect(Buffer.compare(encodeModel(decodeModel(fixture, 'model.onnx')), fixture)).toBe(0);
  });

  it('refuses a file that ends early, wherever that is', () => {
    for (let length = 0; length < fixture.length; length += 997) {
      expect(failure(fixture.subarray(0, length)).kind).toBe('input');
    }
  });

  it('refuses other files', () => {
    expect(failure(new TextEncoder().encode('{"model": 1}')).message).toContain('cannot be read');
    expect(failure(toBinary(ModelProtoSchema, create(ModelProtoSchema))).message).toContain('no graph');
    expect(failure(encodeModel(emptyModel('no nodes', 21))).message).toContain('no graph');
  });

  it('refuses millions of empty nodes before making any of them', () => {
    const nodes = new Uint8Array(2 * (LIMITS.onnxNodes + 1));
    nodes.forEach((_, i) => (nodes[i] = i % 2 === 0 ? 0x0a : 0)); // field 1 (node), length 0
    const started = performance.now();
    expect(failure(field(7, nodes)).message).toContain('more nodes than ft-lens reads');
    // Five million of them would take 5.8 s and 1.5 GB to decode; counting a million takes 0.1 s.
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it.each([
    ['int64_data', 7],
    ['dims', 1],
  ])('counts %s written packed, one value a byte', (_name, number) => {
    const tensor = field(5, field(number, new Uint8Array(LIMITS.onnxValues)));
    expect(failure(field(7, tensor)).message).toContain('more than ft-lens reads');
  });

  it('does not count raw bytes of tensors', () => {
    const model = emptyModel('test', 21);
    const graph = new GraphBuilder(model);
    graph.initializer('w', DataType.UINT8, [LIMITS.onnxValues + 1], { bytes: new Uint8Array(LIMITS.onnxValues + 1) });
    graph.node('n', 'Identity', ['w']);
    expect(decodeModel(encodeModel(model), 'model.onnx').graph.node).toHaveLength(1);
  });

  it('refuses messages nested beyond reason', () => {
    let graph = toBinary(GraphProtoSchema, create(GraphProtoSchema));
    // graph → node (1) → attribute (5) → graph (6)
    for (let i = 0; i < 200; i++) graph = Uint8Array.from(field(1, field(5, field(6, graph))));
    expect(failure(field(7, graph)).got).toContain('nested too deeply');
  });
});

describe('cloneModel', () => {
  it('gives a model of the same bytes that shares nothing with the first', () => {
    const model = decodeModel(fixture, 'model.onnx');
    const copy = cloneModel(model);
    expect(Buffer.compare(encodeModel(copy), fixture)).toBe(0);
    // Fields that are not set keep their defaults.
    expect(copy.graph.node.map(({ domain, overload }) => [domain, overload])).toEqual(
      model.graph.node.map(({ domain, overload }) => [domain, overload]),
    );
    copy.graph.name = 'another';
    copy.proto.opsetImport.pop();
    for (const node of copy.graph.node) node.input.push('x');
    for (const tensor of copy.graph.initializer) tensor.rawData.fill(1);
    for (const { attribute } of copy.graph.node) for (const one of attribute) one.name = 'x';
    expect(Buffer.compare(encodeModel(model), fixture)).toBe(0);
  });
});

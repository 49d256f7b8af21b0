import { create } from '@bufbuild/protobuf';
import {
  NodeProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType as DataType,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './proto/onnx-ml_pb.ts';
import { type AttributeValue, makeAttribute } from './attributes.ts';
import type { GraphProto, OnnxModel } from './model.ts';

export { DataType };

/** A dimension: a length, or a name for one that is free. */
export type Dimension = number | string;

/** Where the bytes of an initialiser stand: in the graph file, or in a data file beside it. */
export type TensorData =
  | { readonly bytes: Uint8Array }
  | { readonly file: string; readonly offset: number; readonly length: number };

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly domain?: 'com.microsoft';
  /** Names of the outputs; one named after the node by default. An empty name leaves an optional output out. */
  readonly outputs?: readonly string[];
}

/** Describes a tensor that enters or leaves a graph. Without `shape` ONNX Runtime infers it. */
export function valueInfo(name: string, elementType?: DataType, shape?: readonly Dimension[]): ValueInfoProto {
  if (elementType === undefined) return create(ValueInfoProtoSchema, { name });
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType: elementType,
          ...(shape && {
            shape: {
              dim: shape.map((dimension) => ({
                value:
                  typeof dimension === 'number'
                    ? { case: 'dimValue' as const, value: BigInt(dimension) }
                    : { case: 'dimParam' as const, value: dimension },
              })),
            },
          }),
        },
      },
    },
  });
}

export function makeTensor(name: string, dataType: DataType, dims: readonly number[], data: TensorData): TensorProto {
  const common = { name, dataType, dims: dims.map(BigInt) };
  if ('bytes' in data) return create(TensorProtoSchema, { ...common, rawData: data.bytes });
  return create(TensorProtoSchema, {
    ...common,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: [
      { key: 'location', value: data.file },
      { key: 'offset', value: String(data.offset) },
      { key: 'length', value: String(data.length) },
    ],
  });
}

/**
 * Appends nodes, constants, inputs and outputs to a graph. A node is named by its path (`/model/layers.0/attn/q_proj`);
 * its output is `{path}/output` unless named otherwise. Equal constants are created once.
 */
export class GraphBuilder {
  readonly #graph: GraphProto;
  readonly #constants = new Set<string>();

  constructor(model: Pick<OnnxModel, 'graph'>) {
    this.#graph = model.graph;
  }

  input(name: string, elementType: DataType, shape: readonly Dimension[]): string {
    this.#graph.input.push(valueInfo(name, elementType, shape));
    return name;
  }

  output(name: string, elementType?: DataType, shape?: readonly Dimension[]): void {
    this.#graph.output.push(valueInfo(name, elementType, shape));
  }

  initializer(name: string, dataType: DataType, dims: readonly number[], data: TensorData): string {
    this.#graph.initializer.push(makeTensor(name, dataType, dims, data));
    return name;
  }

  /** Adds a node and gives the name of its first output. */
  node(path: string, opType: string, inputs: readonly string[], options: NodeOptions = {}): string {
    const outputs = options.outputs ?? [`${path}/output`];
    this.#graph.node.push(
      create(NodeProtoSchema, {
        name: path,
        opType,
        domain: options.domain ?? '',
        input: [...inputs],
        output: [...outputs],
        attribute: Object.entries(options.attributes ?? {}).map(([name, value]) => makeAttribute(name, value)),
      }),
    );
    return outputs[0] as string;
  }

  /** An int64 vector constant, such as a shape or a list of axes. */
  int64s(values: readonly number[]): string {
    const name = `/constants/int64/${values.join('_')}`;
    return this.#constant(name, DataType.INT64, [values.length], () => new BigInt64Array(values.map(BigInt)));
  }

  /** An int64 scalar constant. */
  int64(value: number): string {
    return this.#constant(`/constants/int64/scalar/${value}`, DataType.INT64, [], () =>
      BigInt64Array.of(BigInt(value)),
    );
  }

  /** A float scalar constant. */
  float(value: number): string {
    return this.#constant(`/constants/float/${value}`, DataType.FLOAT, [], () => Float32Array.of(value));
  }

  #constant(name: string, dataType: DataType, dims: number[], values: () => ArrayBufferView<ArrayBuffer>): string {
    if (!this.#constants.has(name) && !this.#graph.initializer.some((tensor) => tensor.name === name)) {
      const { buffer } = values();
      this.initializer(name, dataType, dims, { bytes: new Uint8Array(buffer) });
    }
    this.#constants.add(name);
    return name;
  }
}

import { DataType, type GraphBuilder, type TensorData } from '../../onnx/graph-builder.ts';
import type { PlannedTensor } from './plan.ts';

/** A tensor of the plan and where its bytes stand. */
export interface PlacedTensor extends PlannedTensor {
  readonly data: TensorData;
}

const ONNX_TYPES = { f32: DataType.FLOAT, f16: DataType.FLOAT16, u8: DataType.UINT8 } as const;

/** The tensors that a graph under construction may name. Each becomes an initialiser when it is first used. */
export class DecoderWeights {
  readonly #graph: GraphBuilder;
  readonly #tensors: ReadonlyMap<string, PlacedTensor>;
  readonly #used = new Set<string>();

  constructor(graph: GraphBuilder, tensors: Iterable<PlacedTensor>) {
    this.#graph = graph;
    this.#tensors = new Map(Array.from(tensors, (tensor) => [tensor.name, tensor]));
  }

  /** Gives the name back, so that it can stand among a node's inputs. */
  use(name: string): string {
    if (this.#used.has(name)) return name;
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw new Error(`The plan has no tensor ${name}.`);
    this.#used.add(name);
    return this.#graph.initializer(name, ONNX_TYPES[tensor.dtype], tensor.shape, tensor.data);
  }
}

import { intAttribute } from '../../onnx/attributes.ts';
import type { NodeProto, OnnxModel } from '../../onnx/model.ts';

/** What a decoder's graph tells by itself. */
export interface GraphDescription {
  /** The program that wrote it, as it named itself. */
  readonly producer: string;
  /** Of the standard operators. */
  readonly opset: number | undefined;
  readonly nodes: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Operators that work on quantised weights, and how these are stored. */
  readonly quantized: readonly QuantizedOperators[];
}

interface QuantizedOperators {
  readonly operator: string;
  readonly bits: number;
  /** Weights that share a scale; undefined for one scale a row. */
  readonly blockSize: number | undefined;
  readonly nodes: number;
}

/** Attribute that says how many bits a weight has, by operator. */
const BITS_ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  ['MatMulNBits', 'bits'],
  ['GatherBlockQuantized', 'bits'],
  ['QMoE', 'expert_weight_bits'],
]);
/** Of all three operators, when the attribute is left out. */
const DEFAULT_BITS = 4;

export function describeGraph({ proto, graph }: OnnxModel): GraphDescription {
  const initializers = new Set(graph.initializer.map(({ name }) => name));
  const opset = proto.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  return {
    producer: `${proto.producerName} ${proto.producerVersion}`.trim(),
    opset: opset && Number(opset.version),
    nodes: graph.node.length,
    inputs: graph.input.map(({ name }) => name).filter((name) => !initializers.has(name)),
    outputs: graph.output.map(({ name }) => name),
    quantized: quantizedOperators(graph.node),
  };
}

function quantizedOperators(nodes: readonly NodeProto[]): QuantizedOperators[] {
  const groups = new Map<string, QuantizedOperators>();
  for (const node of nodes) {
    const bitsAttribute = BITS_ATTRIBUTES.get(node.opType);
    if (bitsAttribute === undefined) continue;
    const bits = intAttribute(node, bitsAttribute) ?? DEFAULT_BITS;
    const blockSize = intAttribute(node, 'block_size');
    const key = `${node.opType} ${bits} ${blockSize}`;
    const nodesBefore = groups.get(key)?.nodes ?? 0;
    groups.set(key, { operator: node.opType, bits, blockSize, nodes: nodesBefore + 1 });
  }
  return [...groups.values()];
}

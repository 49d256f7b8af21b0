import { sourceInitializer } from '../../onnx/constant-shape.ts';
import { elementType } from '../../onnx/element-type.ts';
import { DataType, GraphBuilder } from '../../onnx/graph-builder.ts';
import { indexGraph } from '../../onnx/graph-index.ts';
import type { NodeProto, OnnxModel } from '../../onnx/model.ts';
import type { DecoderAnatomy } from '../anatomy/types.ts';
import { rewriteNodes } from './rewrite-nodes.ts';

const PRODUCTS = new Set(['MatMul', 'Gemm']);
const BIAS = 2;

/**
 * Makes the product with the head as exact on CUDA as it is in f32, in place. There f32 products round what they
 * multiply to 11 bits (TF32), and ONNX Runtime's binding for Node.js has no option against it. Weights of f16 lose
 * nothing by that. States are therefore split into what fits 8 bits and the rest, and both multiplied: together they
 * are good to 2^-19, where a single product moves entropies by 2e-3 nats.
 */
export function splitHeadInput(model: OnnxModel, anatomy: DecoderAnatomy): void {
  const index = indexGraph(model.graph);
  const builder = new GraphBuilder(model);
  const multipliesHead = ({ opType, input }: NodeProto): boolean =>
    PRODUCTS.has(opType) &&
    !input[BIAS] &&
    sourceInitializer(index, input[1] ?? '') === anatomy.head.weight &&
    index.initializers.get(anatomy.head.weight)?.dataType === DataType.FLOAT16 &&
    elementType(index, input[1] ?? '') === DataType.FLOAT;

  rewriteNodes(model.graph, (node, keep) => {
    if (!multipliesHead(node)) return keep();
    const [states = '', weights = ''] = node.input;
    const output = node.output[0] as string;
    const path = `ft_lens.split/${output}`;
    const cast = (name: string, tensor: string, to: DataType) =>
      builder.node(`${path}/${name}`, 'Cast', [tensor], { attributes: { to: BigInt(to) } });
    const high = cast('high', cast('rounded', states, DataType.BFLOAT16), DataType.FLOAT);
    const low = builder.node(`${path}/low`, 'Sub', [states, high]);
    node.input = [high, weights];
    node.output = [`${path}/of_high`];
    keep();
    const rest = `${path}/of_low`;
    model.graph.node.push({ ...node, name: rest, input: [low, weights], output: [rest] });
    builder.node(path, 'Add', [`${path}/of_high`, rest], { outputs: [output] });
  });
}

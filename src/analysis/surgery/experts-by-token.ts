import { clone, create } from '@bufbuild/protobuf';
import { DataType, GraphBuilder, valueInfo } from '../../onnx/graph-builder.ts';
import type { GraphProto, NodeProto, OnnxModel } from '../../onnx/model.ts';
import { GraphProtoSchema, NodeProtoSchema } from '../../onnx/proto/onnx-ml_pb.ts';
import { rewriteNodes } from './rewrite-nodes.ts';

/**
 * Sends tokens through the experts one by one, in place. ONNX Runtime's WebGPU kernel is right for a single token; for
 * several it reads what it has not finished writing, and gives something else in every run.
 *
 *   x, router logits ─ Reshape [tokens, …] ─ Loop over tokens: Gather ─ QMoE ─ Reshape as x
 *
 * @param hidden width of a state
 */
export function sendTokensSingly(model: OnnxModel, hidden: number): void {
  const builder = new GraphBuilder(model);
  rewriteNodes(model.graph, (node, keep) => {
    if (node.opType !== 'QMoE') return keep();
    const [states = '', logits = ''] = node.input;
    const output = node.output[0] as string;
    const path = `ft_lens.tokens/${output}`;
    const rows = builder.node(`${path}/states`, 'Reshape', [states, builder.int64s([-1, hidden])]);
    const shape = builder.node(`${path}/shape`, 'Shape', [rows]);
    const count = builder.node(`${path}/count`, 'Gather', [shape, builder.int64(0)]);
    const body = oneToken(path, node, rows, logits, builder.int64s([1]));
    const all = builder.node(`${path}/Loop`, 'Loop', [count, ''], { attributes: { body } });
    const whole = builder.node(`${path}/whole`, 'Shape', [states]);
    builder.node(`${path}/Reshape`, 'Reshape', [all, whole], { outputs: [output] });
  });
}

/** The experts of token i; states, router logits and weights come from the graph around it. */
function oneToken(path: string, experts: NodeProto, states: string, logits: string, one: string): GraphProto {
  const graph = create(GraphProtoSchema, { name: `${path}/token` });
  const builder = new GraphBuilder({ graph });
  const i = builder.input(`${path}/i`, DataType.INT64, []);
  const condition = builder.input(`${path}/condition`, DataType.BOOL, []);
  const index = builder.node(`${path}/index`, 'Reshape', [i, one]);
  const row = (name: string, tensor: string) =>
    builder.node(`${path}/${name}`, 'Gather', [tensor, index], { attributes: { axis: 0n } });
  const inputs = [row('state', states), row('logits', logits), ...experts.input.slice(2)];
  const result = `${path}/result`;
  graph.node.push(Object.assign(clone(NodeProtoSchema, experts), { input: inputs, output: [result] }));
  const goOn = builder.node(`${path}/goOn`, 'Identity', [condition]);
  graph.output = [valueInfo(goOn, DataType.BOOL, []), valueInfo(result, DataType.FLOAT)];
  return graph;
}

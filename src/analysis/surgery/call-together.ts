import { GraphBuilder } from '../../onnx/graph-builder.ts';
import type { NodeProto, OnnxModel } from '../../onnx/model.ts';
import { renameTensors } from '../../onnx/rename-tensors.ts';
import { tensorsRead } from '../../onnx/sub-graphs.ts';
import { isExpertOperator } from '../anatomy/find-router.ts';
import { rowsOfBlocks } from './blockwise-head.ts';

/** Inputs of an expert operator with a row for every token: the tokens, router logits, and weights to go with those. */
const TOKEN_INPUTS = [0, 1, 14];

/** The first operator set whose Split has to be told the number of its outputs. */
const COUNTED_SPLIT_OPSET = 18n;

/**
 * The tensors of which a node treats every row by itself, if going through its weights once more is what it costs:
 * experts unpack all that its rows are sent to, a head in blocks is converted block by block.
 */
export function rowsThatShareWeights(node: NodeProto): readonly string[] | undefined {
  if (isExpertOperator(node)) return TOKEN_INPUTS.flatMap((i) => node.input[i] || []);
  const rows = rowsOfBlocks(node);
  return rows === undefined ? undefined : [rows];
}

/**
 * Adds copies of one node to a graph: those that differ in nothing but their rows as one call.
 *
 *   rows of a ─┐                     ┌─ results of a
 *              ├─ Concat ─ QMoE ─ Split
 *   rows of b ─┘                     └─ results of b
 *
 * @param nodes with equally many rows each
 */
export function callTogether(model: OnnxModel, nodes: readonly NodeProto[]): void {
  const calls = new Map<string, NodeProto[]>();
  for (const node of nodes) {
    const rows = rowsThatShareWeights(node) ?? [];
    const weights = tensorsRead(node).filter((name) => !rows.includes(name));
    calls.set(weights.join('\n'), [...(calls.get(weights.join('\n')) ?? []), node]);
  }
  for (const [first, ...others] of calls.values()) {
    if (first && others.length > 0) addCall(model, [first, ...others]);
    else if (first) model.graph.node.push(first);
  }
}

function addCall(model: OnnxModel, nodes: readonly [NodeProto, ...NodeProto[]]): void {
  const builder = new GraphBuilder(model);
  const [first] = nodes;
  const outputs = nodes.map(({ output }) => output[0] as string);
  const path = `ft_lens.together/${outputs[0]}`;
  // [rows, …] or [1, rows, …]
  const axis = -2n;
  const rows = nodes.map((node) => rowsThatShareWeights(node) ?? []);
  const together = new Map(
    rows[0]?.map((name, i) => {
      const ofEach = rows.map((names) => names[i] as string);
      return [name, builder.node(`${path}/rows_${i}`, 'Concat', ofEach, { attributes: { axis } })] as const;
    }),
  );
  const names = { around: (name: string) => together.get(name) ?? name, inside: (name: string) => name };
  const output = `${path}/output`;
  model.graph.node.push({ ...renameTensors(first, names), name: path, output: [output] });
  const opset = model.proto.opsetImport.find(({ domain }) => domain === '')?.version ?? 0n;
  const count = opset >= COUNTED_SPLIT_OPSET ? { num_outputs: BigInt(nodes.length) } : {};
  builder.node(`${path}/Split`, 'Split', [output], { attributes: { axis, ...count }, outputs });
}

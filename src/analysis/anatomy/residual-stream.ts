import { inputError } from '../../errors.ts';
import { elementType } from '../../onnx/element-type.ts';
import { DataType } from '../../onnx/graph-builder.ts';
import type { GraphIndex } from '../../onnx/graph-index.ts';
import type { NodeProto } from '../../onnx/model.ts';
import type { ResidualState } from './types.ts';
import type { ValueFlow } from './value-flow.ts';

/** The residual stream: the embedding, then one state after each merge of a block's output into it. */
export interface ResidualStream {
  readonly states: readonly ResidualState[];
  /** For each state, the nodes it dominates before the next one: the block that reads it. After the last: the head. */
  readonly blocks: readonly (readonly NodeProto[])[];
}

const SUMS = new Set(['Add', 'Sum']);
const FUSED_NORMS = new Set(['SkipLayerNormalization', 'SkipSimplifiedLayerNormalization']);

/** Output of a Skip*LayerNormalization that holds input + skip, before the norm. */
export const SKIP_SUM_OUTPUT = 3;

export function isFusedNorm(node: NodeProto): boolean {
  return FUSED_NORMS.has(node.opType);
}

export function findResidualStream(index: GraphIndex, flow: ValueFlow, where: string): ResidualStream {
  const state = (tensor: string | undefined, node: NodeProto): ResidualState => ({
    tensor,
    node: node.output[0] as string,
    elementType: elementType(index, tensor ?? (node.output[0] as string)) ?? DataType.FLOAT,
  });

  const states: ResidualState[] = [];
  const stateMadeBy = new Map<NodeProto, number>();
  const passed = new Set<NodeProto>();
  let current: string | undefined;
  for (const node of flow.chain) {
    const skip = mergedInputs(flow, node).find((name) => {
      const producer = index.producers.get(uncast(index, name));
      return current === undefined
        ? producer !== undefined && passed.has(producer)
        : uncast(index, name) === uncast(index, current);
    });
    passed.add(node);
    if (skip === undefined) continue;
    if (states.length === 0) {
      states.push(state(skip, index.producers.get(skip) as NodeProto));
      stateMadeBy.set(index.producers.get(uncast(index, skip)) as NodeProto, 0);
    }
    const sum = node.output[isFusedNorm(node) ? SKIP_SUM_OUTPUT : 0];
    current = sum === '' ? undefined : sum;
    stateMadeBy.set(node, states.length);
    states.push(state(current, node));
    if (current === undefined) break;
  }
  if (states.length === 0)
    throw inputError('No residual stream was found between the embedding and the logits.', {
      where,
      expected: 'blocks whose outputs are added to the stream they read',
      got: `${flow.chain.length} nodes in a row, none of them such a sum`,
      remedy: 'ft-lens reads decoders with one plain residual stream',
    });
  return { states, blocks: blocksOf(flow, states.length, stateMadeBy) };
}

function blocksOf(flow: ValueFlow, count: number, stateMadeBy: ReadonlyMap<NodeProto, number>): NodeProto[][] {
  const blocks: NodeProto[][] = Array.from({ length: count }, () => []);
  const readBy = new Map<NodeProto, number>();
  for (const node of flow.nodes) {
    const dominator = flow.dominator(node);
    const read = dominator === undefined ? 0 : (stateMadeBy.get(dominator) ?? readBy.get(dominator) ?? 0);
    readBy.set(node, read);
    if (!stateMadeBy.has(node)) blocks[read]?.push(node);
  }
  return blocks;
}

/** What a node adds together, when it is a sum of two or more values of the flow. */
function mergedInputs(flow: ValueFlow, node: NodeProto): readonly string[] {
  const data = new Set(flow.dataInputs(node));
  const terms = isFusedNorm(node) ? node.input.slice(0, 2) : SUMS.has(node.opType) ? node.input : [];
  const merged = terms.filter((name) => data.has(name));
  return merged.length >= 2 ? merged : [];
}

/** The tensor behind a row of Casts. */
function uncast(index: GraphIndex, tensor: string): string {
  for (let name = tensor; ;) {
    const node = index.producers.get(name);
    const source = node?.opType === 'Cast' || node?.opType === 'Identity' ? node.input[0] : undefined;
    if (source === undefined) return name;
    name = source;
  }
}

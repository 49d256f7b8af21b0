import { intAttribute } from '../../../onnx/attributes.ts';
import type { GraphProto, NodeProto } from '../../../onnx/model.ts';
import { tensorsRead } from '../../../onnx/sub-graphs.ts';
import { isExpertOperator } from '../../anatomy/find-router.ts';

/** Bytes of a data file. */
export interface ByteRange {
  /** as the model names it */
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** A tensor that holds one slice for each expert, one after the other. */
export interface ExpertStack extends ByteRange {
  readonly experts: number;
  /** experts used per token */
  readonly topK: number;
}

/** What a graph reads of its data files. */
export interface WeightRanges {
  /** read from end to end in every run */
  readonly whole: readonly ByteRange[];
  /** of which a run reads only the experts that its tokens are sent to */
  readonly stacks: readonly ExpertStack[];
}

/** These take a few rows of a table: not worth reading all of it. */
const LOOK_UPS = new Set(['Gather', 'GatherBlockQuantized']);

/** The first inputs of an expert operator that are weights: what goes in and its router logits come before. */
const FIRST_EXPERT_WEIGHT = 2;

/** @param places of the tensors in data files, by name */
export function weightRanges(graph: GraphProto, places: ReadonlyMap<string, ByteRange>): WeightRanges {
  const dims = new Map(graph.initializer.map((tensor) => [tensor.name, tensor.dims.map(Number)]));
  const whole = new Map<string, ByteRange>();
  const stacks = new Map<string, ExpertStack>();
  for (const node of graph.node) {
    if (LOOK_UPS.has(node.opType)) continue;
    const expertWeights = isExpertOperator(node) ? node.input.slice(FIRST_EXPERT_WEIGHT) : [];
    for (const name of tensorsRead(node)) {
      const [place, experts] = [places.get(name), dims.get(name)?.[0]];
      if (place === undefined || experts === undefined) continue;
      if (expertWeights.includes(name)) stacks.set(name, { ...place, experts, topK: expertsPerToken(node) });
      else whole.set(name, place);
    }
  }
  return { whole: [...whole.values()], stacks: [...stacks.values()] };
}

/** The part of a stack that some of its experts take, neighbours joined. @param chosen ascending */
export function expertRanges({ file, offset, length, experts }: ExpertStack, chosen: readonly number[]): ByteRange[] {
  const size = length / experts;
  const ranges: { file: string; offset: number; length: number }[] = [];
  for (const expert of chosen) {
    const start = offset + expert * size;
    const last = ranges.at(-1);
    if (last && last.offset + last.length === start) last.length += size;
    else ranges.push({ file, offset: start, length: size });
  }
  return ranges;
}

function expertsPerToken(node: NodeProto): number {
  return intAttribute(node, 'k') ?? 1;
}

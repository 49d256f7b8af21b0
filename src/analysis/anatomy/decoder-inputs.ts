import { inputError } from '../../errors.ts';
import { DataType } from '../../onnx/graph-builder.ts';
import type { GraphIndex } from '../../onnx/graph-index.ts';
import type { ValueInfoProto } from '../../onnx/proto/onnx-ml_pb.ts';
import type { AnatomyHints, DecoderInputs, PastInput } from './types.ts';

const ATTENTION_MASK = 'attention_mask';
const POSITION_IDS = 'position_ids';

/** What has to be fed to a decoder for a fresh prompt: its token ids, mask and positions, and states that are empty. */
export function decoderInputs(index: GraphIndex, tokenIds: string, hints: AnatomyHints): DecoderInputs {
  const infos = index.graph.input.filter(({ name }) => index.inputs.has(name));
  const integerType = elementTypeOf(infos.find(({ name }) => name === tokenIds));
  if (integerType !== DataType.INT64 && integerType !== DataType.INT32)
    throw inputError('The token ids of this model are no integers.', {
      where: `${hints.where}, input ${tokenIds}`,
      expected: 'int64 or int32',
      got: DataType[integerType] ?? 'an unknown type',
    });
  const past: PastInput[] = [];
  for (const info of infos) {
    const { name } = info;
    if ([tokenIds, ATTENTION_MASK, POSITION_IDS].includes(name)) {
      if (elementTypeOf(info) === integerType) continue;
    } else {
      const state = pastInput(info, hints);
      if (state !== undefined) {
        past.push(state);
        continue;
      }
    }
    throw inputError('The model wants an input that ft-lens does not know how to feed.', {
      where: `${hints.where}, input ${name}`,
      expected: `${tokenIds}, ${ATTENTION_MASK}, ${POSITION_IDS} of one integer type, and past states with literal sizes`,
      got: describe(info),
      remedy: 'export a plain decoder: token ids, mask, positions and KV cache in; logits out',
    });
  }
  const named = (name: string): string | undefined => (index.inputs.has(name) ? name : undefined);
  return { tokenIds, attentionMask: named(ATTENTION_MASK), positionIds: named(POSITION_IDS), integerType, past };
}

/** A KV cache is [batch, KV heads, past, head size] and starts empty; any other state has its full size and starts zero. */
function pastInput(info: ValueInfoProto, hints: AnatomyHints): PastInput | undefined {
  const elementType = elementTypeOf(info);
  const dims = dimensionsOf(info);
  if (!info.name.startsWith('past') || (elementType !== DataType.FLOAT && elementType !== DataType.FLOAT16))
    return undefined;
  const [, second, third, fourth, ...rest] = dims;
  const isCache = dims.length === 4 && rest.length === 0 && third === undefined;
  const sizes = isCache ? [1, second ?? hints.keyValueHeads, 0, fourth ?? hints.headSize] : [1, ...dims.slice(1)];
  if (sizes.length < 2 || sizes.some((size) => size === undefined)) return undefined;
  return { name: info.name, elementType, dims: sizes as number[] };
}

function elementTypeOf(info: ValueInfoProto | undefined): DataType {
  const type = info?.type?.value;
  return type?.case === 'tensorType' ? type.value.elemType : DataType.UNDEFINED;
}

/** Literal dimensions; undefined where one is free. */
function dimensionsOf(info: ValueInfoProto): (number | undefined)[] {
  const type = info.type?.value;
  const dims = type?.case === 'tensorType' ? (type.value.shape?.dim ?? []) : [];
  return dims.map(({ value }) => (value.case === 'dimValue' ? Number(value.value) : undefined));
}

function describe(info: ValueInfoProto): string {
  const type = DataType[elementTypeOf(info)] ?? 'unknown';
  return `${type.toLowerCase()} [${dimensionsOf(info)
    .map((size) => size ?? '?')
    .join(', ')}]`;
}

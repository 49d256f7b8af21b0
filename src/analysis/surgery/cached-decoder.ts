import { inputError } from '../../errors.ts';
import { DataType, GraphBuilder, valueInfo } from '../../onnx/graph-builder.ts';
import { cloneModel, type OnnxModel } from '../../onnx/model.ts';
import type { ValueInfoProto } from '../../onnx/proto/onnx-ml_pb.ts';
import { pruneDeadNodes } from '../../onnx/prune.ts';
import type { DecoderAnatomy, PastInput } from '../anatomy/types.ts';
import { copyHead } from './copy-head.ts';
import { makeProductsExact } from './exact-products.ts';
import { type DeviceKind, fitDevice, nodesForCpu } from './fit-device.ts';
import { dropUnreadInputs, feedLengths } from './fresh-prompt.ts';
import { keepCachesInHalf } from './half-caches.ts';
import { residualTensors } from './residual-tensors.ts';
import { rowsOfState } from './wanted-rows.ts';

/** Names of what {@link cachedDecoder} adds to a model: outputs about the token that follows the last one fed. */
export const NEXT = {
  /** int64 [1, 1, 1]: the most probable token; of equally probable ones the first */
  token: 'ft_lens.next_token',
  /** f32 [1, 1, 1]: its probability, 0..1 */
  probability: 'ft_lens.next_probability',
} as const;

/** A state that a step leaves for the next one. */
export interface CachedState {
  readonly past: PastInput;
  /** the output that is fed to `past` in the next step */
  readonly present: string;
}

export interface CachedDecoder {
  readonly model: OnnxModel;
  readonly states: readonly CachedState[];
  /** Names of nodes that belong on the CPU, whatever the device. */
  readonly cpuNodes: readonly string[];
}

/**
 * The model as a machine that writes on: token ids and what earlier steps left go in, the most probable next token and
 * what the next step needs come out. Batch is 1; only the last token fed runs through norm and head.
 * @param where the file, for messages
 * @throws FtLensError (input) for a model without a cache that can be carried on
 */
export function cachedDecoder(
  model: OnnxModel,
  anatomy: DecoderAnatomy,
  { device, where }: { device: DeviceKind; where: string },
): CachedDecoder {
  const copy = cloneModel(model);
  const { graph } = copy;
  const states = cachedStates(model, anatomy, where);
  const builder = new GraphBuilder(copy);
  const residuals = residualTensors(copy, anatomy);
  const last = rowsOfState(builder, residuals, residuals.length - 1, builder.int64s([-1]));
  const logits = copyHead(copy, anatomy, builder, { tensor: last, leading: 1, norm: 'final' });
  const best = (path: string, values: string, outputs: readonly string[]) =>
    builder.node(path, 'TopK', [values, builder.int64s([1])], { attributes: { axis: -1n }, outputs });
  best('ft_lens.next/token', logits, ['ft_lens.next/logit', NEXT.token]);
  const probabilities = builder.node('ft_lens.next/softmax', 'Softmax', [logits], { attributes: { axis: -1n } });
  best('ft_lens.next/probability', probabilities, [NEXT.probability, 'ft_lens.next/again']);

  const outputs = new Map(graph.output.map((info) => [info.name, info]));
  graph.output = [
    valueInfo(NEXT.token, DataType.INT64),
    valueInfo(NEXT.probability, DataType.FLOAT),
    ...states.map(({ present }) => outputs.get(present) as ValueInfoProto),
  ];
  feedLengths(copy);
  pruneDeadNodes(graph);
  dropUnreadInputs(copy);
  makeProductsExact(copy);
  fitDevice(copy, anatomy, device);
  return { model: copy, states: keepCachesInHalf(copy, states), cpuNodes: nodesForCpu(copy, anatomy, device) };
}

/**
 * Pairs each past state with the output that carries it on, by name: what exporters call `past_key_values.3.key` or
 * `past.3.conv` comes out as `present.3.key`, `present.3.conv`, or as `present_key_values.3.key`.
 */
export function cachedStates({ graph }: OnnxModel, { inputs }: DecoderAnatomy, where: string): CachedState[] {
  const outputs = new Map(graph.output.map((info) => [info.name, info]));
  if (inputs.past.length === 0)
    throw inputError('This model has no KV cache, so it cannot write a continuation.', {
      where,
      expected: 'inputs past_key_values.0.key, … and outputs present.0.key, …',
      got: 'no past states',
      remedy: 'leave --generate out, or export the model with its cache (ft-lens export does)',
    });
  return inputs.past.map((past) => {
    const names = [past.name.replace(/^past(_key_values)?/, 'present'), past.name.replace(/^past/, 'present')];
    const present = names.find((name) => outputs.has(name));
    const type = outputs.get(present ?? '')?.type?.value;
    const elementType = type?.case === 'tensorType' ? type.value.elemType : DataType.UNDEFINED;
    if (present !== undefined && [past.elementType, DataType.UNDEFINED].includes(elementType)) return { past, present };
    throw inputError('The KV cache of this model cannot be carried on from token to token.', {
      where: `${where}, input ${past.name}`,
      expected: `an output ${names[0]} of the same type, ${DataType[past.elementType]?.toLowerCase()}`,
      got: present === undefined ? 'no such output' : DataType[elementType]?.toLowerCase(),
      remedy: 'leave --generate out, or export the model with its cache (ft-lens export does)',
    });
  });
}

import { DataType } from '../../onnx/graph-builder.ts';
import { encodeModel } from '../../onnx/model.ts';
import type { DecoderInputs, PastInput } from '../anatomy/types.ts';
import type { Engine } from '../engine/engine.ts';
import type { ResidentTensor, SessionOptions, TensorValue } from '../engine/protocol.ts';
import type { Session } from '../engine/session.ts';
import { intTensor, int64Tensor, zeroTensor } from '../engine/tensors.ts';
import type { OpenModel } from '../model/open-model.ts';
import { instrumentBackbone, type InstrumentedBackbone, LENS } from '../surgery/instrument-backbone.ts';
import type { OwnLogits } from '../surgery/own-logits.ts';
import { LOGITS_AT_ONCE } from './chunks.ts';

/** What one pass of the prompt through a model leaves: P positions, L layers. The large tensors stay in the engine. */
export interface BackboneStates {
  /** (L+1, P, D) f32 */
  readonly residuals: ResidentTensor;
  /** the model's own logits // (P, V) f32 */
  readonly logits: ResidentTensor;
  readonly ownLogits: OwnLogits;
  /** by layer, counted from 1 // (P, experts) f32 */
  readonly routerLogits: ReadonlyMap<number, Float32Array>;
  readonly attention:
    | {
        readonly layer: number;
        /** (heads, P, keys) f32 */
        readonly probabilities: ResidentTensor;
      }
    | undefined;
}

/** A model loaded for one pass. */
export interface LoadedBackbone {
  readonly session: Session;
  readonly instrumented: InstrumentedBackbone;
}

/** @param tokens length of the prompt; of a long one, only the wanted rows run through the head */
export async function loadBackbone(
  engine: Engine,
  model: OpenModel,
  tokens: number,
  options: SessionOptions,
): Promise<LoadedBackbone> {
  const whole = tokens * model.anatomy.vocabularySize <= LOGITS_AT_ONCE;
  const instrumented = instrumentBackbone(model.model, model.anatomy, {
    ownLogits: whole ? 'untouched' : 'picked rows',
  });
  const session = await engine.createSession(encodeModel(instrumented.model), model.file, {
    ...options,
    dataFolder: model.folder,
  });
  return { session, instrumented };
}

/** One pass over the whole prompt. @param positions which rows to keep, ascending */
export async function runBackbone(
  { session, instrumented }: LoadedBackbone,
  { inputs }: OpenModel['anatomy'],
  ids: readonly number[],
  positions: readonly number[],
): Promise<BackboneStates> {
  const [attentionLayer] = instrumented.attentionLayers;
  const attentionName = attentionLayer === undefined ? [] : [LENS.attention(attentionLayer)];
  const result = await session.run(
    { ...promptFeeds(inputs, ids), [LENS.positions]: int64Tensor(positions) },
    {
      fetch: instrumented.routerLayers.map((layer) => LENS.routerLogits(layer)),
      keep: [LENS.residuals, LENS.logits, ...attentionName],
    },
  );
  const routerLogits = instrumented.routerLayers.map(
    (layer) => [layer, result.floats(LENS.routerLogits(layer))] as const,
  );
  return {
    residuals: result.resident(LENS.residuals),
    logits: result.resident(LENS.logits),
    ownLogits: instrumented.ownLogits,
    routerLogits: new Map(routerLogits),
    attention:
      attentionLayer === undefined
        ? undefined
        : { layer: attentionLayer, probabilities: result.resident(LENS.attention(attentionLayer)) },
  };
}

/** A fresh prompt as a batch of one: every token seen, nothing before it. */
function promptFeeds(inputs: DecoderInputs, ids: readonly number[]): Record<string, TensorValue> {
  const type = inputs.integerType === DataType.INT64 ? 'int64' : 'int32';
  const row = (values: readonly number[]) => intTensor(type, values, [1, values.length]);
  const feeds = new Map<string, TensorValue>([[inputs.tokenIds, row(ids)]]);
  if (inputs.attentionMask !== undefined) feeds.set(inputs.attentionMask, row(ids.map(() => 1)));
  if (inputs.positionIds !== undefined) feeds.set(inputs.positionIds, row(ids.map((_, position) => position)));
  for (const past of inputs.past) feeds.set(past.name, emptyState(past));
  return Object.fromEntries(feeds);
}

function emptyState({ elementType, dims }: PastInput): TensorValue {
  return zeroTensor(elementType === DataType.FLOAT16 ? 'float16' : 'float32', dims);
}

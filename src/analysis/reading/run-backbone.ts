import type { DecoderAnatomy } from '../anatomy/types.ts';
import type { Engine } from '../engine/engine.ts';
import type { ResidentTensor, SessionOptions, TensorValue } from '../engine/protocol.ts';
import { int64Tensor } from '../engine/tensors.ts';
import type { OpenModel } from '../model/open-model.ts';
import type { DeviceKind } from '../surgery/fit-device.ts';
import { instrumentBackbone, type InstrumentedBackbone, LENS } from '../surgery/instrument-backbone.ts';
import type { OwnLogits } from '../surgery/own-logits.ts';
import { LOGITS_AT_ONCE } from './chunks.ts';
import type { StagePlan } from './plan-stages.ts';
import { promptFeeds } from './prompt-feeds.ts';
import { runStages, type StageWatch } from './run-stages.ts';

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
        /** of the last of the wanted positions // (heads, 1, keys it sees) f32 */
        readonly weights: Float32Array;
        readonly heads: number;
      }
    | undefined;
}

/** Numbers of all states of a prompt that may be on a graphics card together: 64 MB */
const STATES_AT_ONCE = 2 ** 24;

/** What goes through a model. */
export interface BackboneJob {
  readonly ids: readonly number[];
  /** which rows to keep, ascending */
  readonly positions: readonly number[];
  readonly options: SessionOptions;
}

/** A model made ready for one pass. */
export interface PreparedBackbone {
  readonly model: OpenModel;
  readonly instrumented: InstrumentedBackbone;
  readonly feeds: ReadonlyMap<string, TensorValue>;
}

/** Of a long prompt, only the wanted rows run through the head. */
export function prepareBackbone(device: DeviceKind, model: OpenModel, job: BackboneJob): PreparedBackbone {
  const { ids, positions } = job;
  const { anatomy } = model;
  const whole = ids.length * anatomy.vocabularySize <= LOGITS_AT_ONCE;
  const ownLogits = whole ? 'untouched' : 'picked rows';
  const states = ids.length * anatomy.hiddenSize * anatomy.residuals.length;
  const picking = device !== 'cpu' && states <= STATES_AT_ONCE ? 'late' : 'early';
  const instrumented = instrumentBackbone(model.model, anatomy, { device, ownLogits, picking });
  const feeds = new Map([...promptFeeds(anatomy.inputs, ids), ...lensFeeds(positions)]);
  return { model, instrumented, feeds };
}

/** One pass over the whole prompt. @returns the states, and how much of the time went into loading */
export async function runBackbone(
  engine: Engine,
  { model, instrumented, feeds }: PreparedBackbone,
  { options }: BackboneJob,
  { boundaries, cpuStages, processes, readAhead }: StagePlan,
  watch: StageWatch,
): Promise<{ states: BackboneStates; loadMs: number }> {
  const { routerLayers, attentionLayers, cpuNodes } = instrumented;
  const [attentionLayer] = attentionLayers;
  const routerName = routerLayers.length > 0 ? [LENS.routerLogits] : [];
  const attentionName = attentionLayer === undefined ? [] : [LENS.attention(attentionLayer)];
  const { result, loadMs } = await runStages(
    engine,
    {
      model: instrumented.model,
      where: model.file,
      boundaries,
      cpuStages,
      processes,
      options: { ...options, cpuNodes, dataFolder: model.folder },
    },
    {
      feeds,
      fetch: new Set([...routerName, ...attentionName, ...boundaries]),
      readAhead,
      watch,
    },
  );
  const states = {
    residuals: result.resident(LENS.residuals),
    logits: result.resident(LENS.logits),
    ownLogits: instrumented.ownLogits,
    routerLogits: byLayer(
      model.anatomy,
      routerLayers,
      routerName.flatMap((name) => [result.floats(name)]),
    ),
    attention:
      attentionLayer === undefined
        ? undefined
        : {
            layer: attentionLayer,
            weights: result.floats(LENS.attention(attentionLayer)),
            heads: result.dims(LENS.attention(attentionLayer))[0] as number,
          },
  };
  return { states, loadMs };
}

/** (P, Σ experts) → by layer (P, experts) */
function byLayer(
  { layers }: DecoderAnatomy,
  routerLayers: readonly number[],
  [sideBySide]: readonly Float32Array[],
): Map<number, Float32Array> {
  const widths = routerLayers.map((layer) => layers[layer - 1]?.router?.experts ?? 0);
  const stride = widths.reduce((a, b) => a + b, 0);
  let from = 0;
  return new Map(
    routerLayers.map((layer, i) => {
      const width = widths[i] as number;
      const start = from;
      from += width;
      const rows = (sideBySide as Float32Array).length / stride;
      const logits = new Float32Array(rows * width);
      for (let row = 0; row < rows; row += 1) {
        const place = row * stride + start;
        logits.set((sideBySide as Float32Array).subarray(place, place + width), row * width);
      }
      return [layer, logits] as const;
    }),
  );
}

/** What surgery made inputs of the graph. */
function lensFeeds(positions: readonly number[]): Map<string, TensorValue> {
  const query = positions.at(-1) as number;
  return new Map([
    [LENS.positions, int64Tensor(positions)],
    [LENS.query, int64Tensor([query])],
    [LENS.visible, int64Tensor([query + 1])],
  ]);
}

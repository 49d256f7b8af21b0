import type { DecoderAnatomy } from '../anatomy/types.ts';
import type { Engine } from '../engine/engine.ts';
import type { ResidentTensor, SessionOptions, TensorValue } from '../engine/protocol.ts';
import type { RunResult } from '../engine/run-result.ts';
import { int64Tensor } from '../engine/tensors.ts';
import type { OpenModel } from '../model/open-model.ts';
import type { DeviceKind } from '../surgery/fit-device.ts';
import { instrumentBackbone, LENS } from '../surgery/instrument-backbone.ts';
import type { OwnLogits } from '../surgery/own-logits.ts';
import { LOGITS_AT_ONCE } from './chunks.ts';
import type { ForwardPass, PassMember, PreparedBackbone } from './forward-pass.ts';
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
  /** by layer, counted from 1: the last one, and those asked for; a layer that gives no weights is missing */
  readonly attention: ReadonlyMap<number, LayerAttention>;
}

interface LayerAttention {
  /** of the last of the wanted positions // (heads, 1, keys it sees) f32 */
  readonly weights: Float32Array;
  readonly heads: number;
}

/** Numbers of all states of a prompt that may be on a graphics card together: 64 MB */
const STATES_AT_ONCE = 2 ** 24;

/** What goes through a model. */
export interface BackboneJob {
  readonly ids: readonly number[];
  /** which rows to keep, ascending */
  readonly positions: readonly number[];
  /** layers, from 1, whose attention is wanted beside that of the last; none by default */
  readonly attentionLayers?: readonly number[];
  readonly options: SessionOptions;
}

/** Of a long prompt, only the wanted rows run through the head. */
export function prepareBackbone(device: DeviceKind, model: OpenModel, job: BackboneJob): PreparedBackbone {
  const { ids, positions, attentionLayers = [] } = job;
  const { anatomy } = model;
  const whole = ids.length * anatomy.vocabularySize <= LOGITS_AT_ONCE;
  const ownLogits = whole ? 'untouched' : 'picked rows';
  const states = ids.length * anatomy.hiddenSize * anatomy.residuals.length;
  const picking = device !== 'cpu' && states <= STATES_AT_ONCE ? 'late' : 'early';
  const instrumented = instrumentBackbone(model.model, anatomy, {
    device,
    ownLogits,
    picking,
    attentionLayers: [...attentionLayers, anatomy.layers.length],
  });
  const feeds = new Map([...promptFeeds(anatomy.inputs, ids), ...lensFeeds(positions)]);
  return { model, instrumented, feeds };
}

/** Takes the whole prompt through the models of a pass. @returns what each left, and how much of the time was loading */
export async function runBackbones(
  engine: Engine,
  { graph, where, folder, feeds, members }: ForwardPass,
  { options }: BackboneJob,
  { boundaries, cpuStages, processes, readAhead }: StagePlan,
  watch: StageWatch,
): Promise<{ states: BackboneStates[]; loadMs: number }> {
  const cpuNodes = members.flatMap(({ instrumented }) => instrumented.cpuNodes);
  const { result, loadMs } = await runStages(
    engine,
    { model: graph, where, boundaries, cpuStages, processes, options: { ...options, cpuNodes, dataFolder: folder } },
    { feeds, fetch: new Set([...members.flatMap(fetchedOutputs), ...boundaries.flat()]), readAhead, watch },
  );
  return { states: members.map((member) => statesOf(member, result)), loadMs };
}

/** What is read in this process. */
function fetchedOutputs({ instrumented, nameOf }: PassMember): string[] {
  const { routerLayers, attentionLayers } = instrumented;
  const routers = routerLayers.length > 0 ? [LENS.routerLogits] : [];
  return [...routers, ...attentionLayers.map(LENS.attention)].map(nameOf);
}

function statesOf({ model, instrumented, nameOf }: PassMember, result: RunResult): BackboneStates {
  const { routerLayers, attentionLayers, ownLogits } = instrumented;
  return {
    residuals: result.resident(nameOf(LENS.residuals)),
    logits: result.resident(nameOf(LENS.logits)),
    ownLogits,
    routerLogits: byLayer(
      model.anatomy,
      routerLayers,
      routerLayers.length > 0 ? result.floats(nameOf(LENS.routerLogits)) : new Float32Array(),
    ),
    attention: new Map(
      attentionLayers.map((layer) => {
        const name = nameOf(LENS.attention(layer));
        return [layer, { weights: result.floats(name), heads: result.dims(name)[0] as number }] as const;
      }),
    ),
  };
}

/** (P, Σ experts) → by layer (P, experts) */
function byLayer(
  { layers }: DecoderAnatomy,
  routerLayers: readonly number[],
  sideBySide: Float32Array,
): Map<number, Float32Array> {
  const widths = routerLayers.map((layer) => layers[layer - 1]?.router?.experts ?? 0);
  const stride = widths.reduce((a, b) => a + b, 0);
  let from = 0;
  return new Map(
    routerLayers.map((layer, i) => {
      const width = widths[i] as number;
      const start = from;
      from += width;
      const rows = sideBySide.length / stride;
      const logits = new Float32Array(rows * width);
      for (let row = 0; row < rows; row += 1) {
        const place = row * stride + start;
        logits.set(sideBySide.subarray(place, place + width), row * width);
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

import { encodeModel, type OnnxModel } from '../../onnx/model.ts';
import type { Check } from '../../report/schema.ts';
import { checkDevice, layerDifference } from '../checks/self-test.ts';
import type { Engine } from '../engine/engine.ts';
import { requirePlacement } from '../engine/placement.ts';
import type { SessionOptions } from '../engine/protocol.ts';
import type { Session } from '../engine/session.ts';
import type { OpenModel } from '../model/open-model.ts';
import type { Side } from '../progress.ts';
import { firstLayer, LAYER_STATES } from '../surgery/first-layer.ts';
import { feedsOf, promptFeeds } from './prompt-feeds.ts';

/** Tokens that run through the layer: enough for a dozen or more experts. */
const TOKENS = 8;

/** A kernel that reads memory it did not write gives something else every time. */
const RUNS = 3;

/**
 * Runs the first layer of a model on the engine's device and on the CPU, with the model's own weights and the first
 * tokens of the prompt.
 * @returns nothing when the engine computes on the CPU
 * @throws FtLensError (device) when the two differ, or an operator of the layer does not run on the device
 */
export async function testDevice(
  engine: Engine,
  side: Side,
  model: OpenModel,
  ids: readonly number[],
  options: SessionOptions,
): Promise<Check | undefined> {
  const { kind } = engine.device;
  if (kind === 'cpu') return undefined;
  const { anatomy, folder } = model;
  const where = `${model.file} (first layer)`;
  const load = (graph: OnnxModel, more: SessionOptions): Promise<Session> =>
    engine.createSession(encodeModel(graph), where, { ...options, dataFolder: folder, ...more });
  const feeds = promptFeeds(anatomy.inputs, ids.slice(0, TOKENS));
  const { before, after } = LAYER_STATES;

  const fromTokens = firstLayer(model.model, anatomy, { device: 'cpu', start: 'tokens' });
  const cpu = await load(fromTokens, { onCpu: true });
  const reference = await cpu.run(feedsOf(fromTokens, feeds), { fetch: [before, after] });
  await cpu.release();

  const fromState = firstLayer(model.model, anatomy, { device: kind, start: 'state' });
  const device = await load(fromState, { profile: true });
  const given = feedsOf(fromState, new Map([...feeds, [before, reference.value(before)]]));
  const onDevice: Float32Array[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const result = await device.run(given, { fetch: [after] });
    onDevice.push(result.floats(after));
  }
  requirePlacement(engine.device, await device.placement(), where);
  await device.release();

  const states = { before: reference.floats(before), onCpu: reference.floats(after), onDevice };
  return checkDevice(side, kind, layerDifference(states, anatomy.hiddenSize), model.file);
}

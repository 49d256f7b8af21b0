import { indexGraph } from '../../onnx/graph-index.ts';
import type { OnnxModel } from '../../onnx/model.ts';
import type { DecoderAnatomy } from '../anatomy/types.ts';
import type { EngineDevice } from '../engine/engine-device.ts';
import { multiplyHeadInBlocks } from './blockwise-head.ts';
import { computeAttentionInHalf } from './half-attention.ts';
import { computeExpertsInHalf } from './half-experts.ts';
import { sendTokensSingly } from './experts-by-token.ts';
import { fuseNorms } from './fuse-norms.ts';
import { mapWeights } from './map-weights.ts';
import { splitHeadInput } from './split-head-input.ts';

export type DeviceKind = EngineDevice['kind'];

/** Gives a graph, in place, the form in which a device computes every operator of it by itself. */
export function fitDevice(model: OnnxModel, anatomy: DecoderAnatomy, device: DeviceKind): void {
  if (device === 'cuda') {
    computeExpertsInHalf(model);
    computeAttentionInHalf(model);
    splitHeadInput(model, anatomy);
    fuseNorms(model);
  }
  if (device === 'webgpu') sendTokensSingly(model, anatomy.hiddenSize);
  if (device === 'cpu') multiplyHeadInBlocks(model, anatomy);
  // A WebGPU device may not know f16 at all: there the head is widened when the graph is loaded.
  mapWeights(model, anatomy, { experts: device === 'cpu', head: device !== 'webgpu' });
}

/**
 * Names of the nodes that belong on the CPU whatever the device: on WebGPU the lookup of the token embedding with its
 * cast, since the table is f16. It picks a row per token and costs nothing anywhere.
 */
export function nodesForCpu(model: OnnxModel, anatomy: DecoderAnatomy, device: DeviceKind): string[] {
  if (device !== 'webgpu') return [];
  const index = indexGraph(model.graph);
  const lookup = anatomy.embedding.node;
  const casts = (index.consumers.get(lookup) ?? []).filter(({ opType }) => opType === 'Cast');
  return [index.producers.get(lookup), ...casts].flatMap((node) => (node?.name ? [node.name] : []));
}

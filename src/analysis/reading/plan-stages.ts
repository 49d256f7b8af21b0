import type { DecoderAnatomy } from '../anatomy/types.ts';
import { sourceInitializer } from '../../onnx/constant-shape.ts';
import { indexGraph } from '../../onnx/graph-index.ts';
import type { OnnxModel } from '../../onnx/model.ts';
import { externalFiles } from '../../onnx/external-data.ts';
import type { DeviceKind } from '../surgery/fit-device.ts';
import { middleLayer } from '../surgery/wanted-rows.ts';
import { PageCache } from './read-ahead/page-cache.ts';
import { ReadAhead } from './read-ahead/read-ahead.ts';
import { weightRanges } from './read-ahead/weight-ranges.ts';
import type { ForwardPass, PassMember } from './forward-pass.ts';

/** Layers that are loaded at once when nothing has to be read from the disk: fewer cost time, more only memory. */
const LAYERS_IN_MEMORY = 6;

/** How a pass through a model is cut into stages. */
export interface StagePlan {
  /** tensors after which it is cut, for each cut; none for a single stage */
  readonly boundaries: readonly (readonly string[])[];
  /** how many of the first stages run on the CPU, whatever the device */
  readonly cpuStages: number;
  /** which of the engine's processes each stage is for; the first, where none is named */
  readonly processes: readonly number[];
  /** undefined when the weights are in memory */
  readonly readAhead: ReadAhead | undefined;
  /** Closes files. */
  close(): Promise<void>;
}

/**
 * On CUDA the embedding is looked up on the CPU, two processes load half of the layers each, and the head is loaded
 * after them.
 * On the CPU a pass runs a few layers at a time: it tells how far it is, and only their repacked weights take memory.
 * Weights that are still on the disk are read layer by layer, just before they are used.
 * @param tokens of the prompt
 */
export async function planStages(device: DeviceKind, pass: ForwardPass, tokens: number): Promise<StagePlan> {
  const { graph, where, folder, members } = pass;
  const nothing = { cpuStages: 0, processes: [], readAhead: undefined, close: () => Promise.resolve() };
  if (device === 'webgpu') return { ...nothing, boundaries: [] };
  if (device === 'cuda') {
    // What comes out of the last layers stays in the first process, where the lens reads it.
    const [{ model }] = members as [PassMember];
    const boundaries = aroundLayers(graph, model.anatomy);
    return { ...nothing, boundaries, cpuStages: 1, processes: model.anatomy.layers.length > 1 ? [0, 1] : [] };
  }
  const files = externalFiles(graph, where);
  const places = new Map(
    files.flatMap(({ file, tensors }) => tensors.map((tensor) => [tensor.name, { ...tensor, file }])),
  );
  const cache = await PageCache.open(
    folder,
    files.map(({ file }) => file),
  );
  const { whole, stacks } = weightRanges(graph.graph, places);
  if (cache.holds([...whole, ...stacks])) {
    await cache.close();
    return { ...nothing, boundaries: boundariesEvery(LAYERS_IN_MEMORY, members) };
  }
  return {
    boundaries: boundariesEvery(1, members),
    cpuStages: 0,
    processes: [],
    readAhead: new ReadAhead(cache, places, tokens),
    close: () => cache.close(),
  };
}

/**
 * Cuts between embedding and layers, in the middle of the layers, and between layers and head. The lookup of some
 * tokens needs no card, two processes load half of the layers each, and the layers are the most that a card has to hold
 * at once.
 */
function aroundLayers({ graph }: OnnxModel, { residuals, layers, head }: DecoderAnatomy): string[][] {
  const index = indexGraph(graph);
  const product = graph.node.find(
    ({ input, opType }) =>
      opType !== 'Cast' && opType !== 'Gather' && sourceInitializer(index, input[1] ?? '') === head.weight,
  );
  // A sum joined with the norm that reads it gives the norm first, and that is what the next layer depends on.
  const stateAfter = (layer: number) => {
    const state = residuals[layer];
    return index.producers.get(state?.tensor ?? state?.node ?? '')?.output[0];
  };
  const middle = layers.length > 1 ? stateAfter(middleLayer(layers.length)) : undefined;
  return [stateAfter(0), middle, product?.input[0]].flatMap((name) => (name === undefined ? [] : [[name]]));
}

/**
 * A cut after so many layers each: after the router of a layer, as its experts are known then and not read yet, or
 * after the state that a layer without experts leaves.
 */
function boundariesEvery(layersPerStage: number, members: readonly PassMember[]): string[][] {
  const ofEach = members.map(({ model: { anatomy }, nameOf }) =>
    anatomy.layers.map(({ router }, i) => nameOf(router?.logits ?? anatomy.residuals[i + 1]?.node ?? '')),
  );
  const boundaries = (ofEach[0] ?? []).map((_, i) => ofEach.map((tensors) => tensors[i] ?? ''));
  return boundaries.filter((_, i) => (i + 1) % layersPerStage === 0);
}

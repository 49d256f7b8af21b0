import type { OnnxModel } from '../../onnx/model.ts';
import type { TensorValue } from '../engine/protocol.ts';
import type { DataFile } from '../model/data-files.ts';
import type { OpenModel } from '../model/open-model.ts';
import type { InstrumentedBackbone } from '../surgery/instrument-backbone.ts';
import { type JoinedPart, joinModels } from '../surgery/join-models.ts';
import { type CommonFolder, commonFolder } from '../model/common-folder.ts';
import { tensorContents } from './tensor-contents.ts';

/** A model made ready for one pass. */
export interface PreparedBackbone {
  readonly model: OpenModel;
  readonly instrumented: InstrumentedBackbone;
  readonly feeds: ReadonlyMap<string, TensorValue>;
}

/** A graph that takes the prompt through one model, or through several at once. */
export interface ForwardPass {
  readonly graph: OnnxModel;
  /** the file of the graph, or files, for messages */
  readonly where: string;
  /** against which the graph names its data files */
  readonly folder: string;
  readonly feeds: ReadonlyMap<string, TensorValue>;
  readonly members: readonly PassMember[];
}

/** One of the models of a pass. */
export interface PassMember extends PreparedBackbone {
  /** What a tensor of the model's own graph is called in that of the pass. */
  readonly nameOf: (tensor: string) => string;
}

/** A pass through one model. */
export function passThrough(backbone: PreparedBackbone): ForwardPass {
  const { model, instrumented, feeds } = backbone;
  const members = [{ ...backbone, nameOf: (tensor: string) => tensor }];
  return { graph: instrumented.model, where: model.file, folder: model.folder, feeds, members };
}

/**
 * One pass through models that can run together.
 * @param backbones base first, each under a name of its own
 */
export function passThroughAll(backbones: ReadonlyMap<string, PreparedBackbone>): ForwardPass {
  const all = [...backbones.values()];
  const paths = all.flatMap(({ model }) => Array.from(model.dataFiles.values(), ({ path }) => path));
  const common = commonFolder(paths);
  if (common === undefined) throw new Error('No folder holds the data files of all models.');
  const parts = Array.from(backbones, ([name, backbone]): JoinedPart => {
    const contents = tensorContents(backbone);
    const model = withDataIn(common, backbone);
    return { name, model, contents: (tensor) => contents.get(tensor) ?? [] };
  });
  const { model: graph, nameOf } = joinModels(parts as [JoinedPart, ...JoinedPart[]]);
  return {
    graph,
    where: all.map(({ model }) => model.file).join(' and '),
    folder: common.folder,
    feeds: new Map(
      all.flatMap(({ feeds }, i) => Array.from(feeds, ([name, feed]) => [nameOf(i, name), feed] as const)),
    ),
    members: all.map((backbone, i) => ({ ...backbone, nameOf: (tensor) => nameOf(i, tensor) })),
  };
}

/** The graph, with its data files named from another folder. */
function withDataIn(folder: CommonFolder, { model, instrumented }: PreparedBackbone): OnnxModel {
  const newName = (file: string): string => folder.nameOf((model.dataFiles.get(file) as DataFile).path);
  const initializer = instrumented.model.graph.initializer.map((tensor) => ({
    ...tensor,
    externalData: tensor.externalData.map((entry) =>
      entry.key === 'location' ? { ...entry, value: newName(entry.value) } : entry,
    ),
  }));
  const graph = { ...instrumented.model.graph, initializer };
  return { proto: { ...instrumented.model.proto, graph }, graph };
}

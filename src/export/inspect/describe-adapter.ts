import { join, resolve } from 'node:path';
import type { CheckpointFile } from '../checkpoint/checkpoint.ts';
import { PinnedFolder } from '../checkpoint/pinned-folder.ts';
import type { SafetensorsFile } from '../checkpoint/safetensors-file.ts';
import { elementCount } from '../checkpoint/shape.ts';
import type { ModuleKind } from '../checkpoint/weight-names.ts';
import type { AdapterSettings } from '../lora/adapter-config.ts';
import { groupAdapterTensors, type LoraModule } from '../lora/adapter-modules.ts';
import { scaleOf, settingsOfModules } from '../lora/module-settings.ts';
import { openAdapterFiles } from '../lora/open-adapter.ts';
import { type AdaptedModule, readModulePath } from './module-path.ts';

/** What an adapter holds, without the checkpoint that it belongs to. */
export interface AdapterDescription {
  readonly type: 'adapter';
  readonly path: string;
  readonly settings: AdapterSettings;
  /** Names of dtypes as the file spells them, such as F32. */
  readonly dtypes: readonly string[];
  readonly parameters: number;
  readonly files: readonly CheckpointFile[];
  readonly bytes: number;
  /** What the low-rank factors change. */
  readonly kinds: readonly AdapterKind[];
  /** Whole weights that replace the base's, by path. */
  readonly replacements: readonly string[];
  /** Tensors whose names PEFT does not write, and factors without the other one of their pair. */
  readonly unknownTensors: readonly string[];
}

export interface AdapterKind {
  readonly kind: ModuleKind | 'other';
  /** Pairs of factors; one pair serves all experts of a layer when `fused`. */
  readonly modules: number;
  readonly fused: boolean;
  /** Such as q, k, v, o, or gate, up, down. */
  readonly projections: readonly string[];
  /** Numbers of the layers, ascending; none for the embedding and the head. */
  readonly layers: readonly number[];
  readonly ranks: readonly number[];
  /** What B A is multiplied by. */
  readonly scales: readonly number[];
  /** Pairs whose product is zero, so that they change nothing: B (for an embedding A) as initialised, never trained. */
  readonly zeroModules: number;
}

interface ModuleFacts extends AdaptedModule {
  readonly rank: number;
  readonly scale: number;
  readonly isZero: boolean;
}

/** @throws FtLensError (input) when the folder is not a LoRA that can be merged */
export async function describeAdapter(directory: string): Promise<AdapterDescription> {
  const folder = new PinnedFolder(directory);
  try {
    const { settings, file } = await openAdapterFiles(folder);
    const { lora, replacements, unknown } = groupAdapterTensors(file.header.tensors.keys());
    const complete = [...lora.values()].filter(isPaired);
    const modules = await describeModules(complete, file, settings, join(directory, 'adapter_config.json'));
    const unpaired = [...lora.values()].filter((module) => !isPaired(module));
    const entries = [...file.header.tensors.values()];
    return {
      type: 'adapter',
      path: resolve(directory),
      settings,
      dtypes: [...new Set(entries.map(({ dtype }) => dtype))],
      parameters: entries.reduce((sum, { shape }) => sum + elementCount(shape), 0),
      files: [{ name: file.name, bytes: file.bytes }],
      bytes: file.bytes,
      kinds: groupByKind(modules).map(summarise),
      replacements: [...replacements.keys()],
      unknownTensors: [...unknown, ...unpaired.map(({ a, b, magnitude }) => (a ?? b ?? magnitude)!)],
    };
  } finally {
    await folder.close();
  }
}

function isPaired({ a, b }: LoraModule): boolean {
  return a !== undefined && b !== undefined;
}

async function describeModules(
  modules: readonly LoraModule[],
  file: SafetensorsFile,
  settings: AdapterSettings,
  where: string,
): Promise<ModuleFacts[]> {
  const paths = modules.map((module) => readModulePath(module, settings));
  const settingsOf = settingsOfModules(
    paths.map(({ path }) => path),
    settings,
    where,
  );
  const facts: ModuleFacts[] = [];
  for (const [i, module] of modules.entries()) {
    // PEFT starts an embedding with A = 0, everything else with B = 0. DoRA's row lengths change a weight without them.
    const startsAtZero = module.embedding ? module.a! : module.b!;
    facts.push({
      ...paths[i]!,
      rank: settingsOf[i]!.rank,
      scale: scaleOf(settingsOf[i]!, settings),
      isZero: module.magnitude === undefined && (await isAllZero(file, startsAtZero)),
    });
  }
  return facts;
}

/** Elements read at a time: a trained factor is told from its first ones. */
const READ_ELEMENTS = 2 ** 16;

async function isAllZero(file: SafetensorsFile, tensor: string): Promise<boolean> {
  const elements = elementCount(file.header.tensors.get(tensor)!.shape);
  for (let first = 0; first < elements; first += READ_ELEMENTS) {
    const values = await file.read(tensor, first, Math.min(READ_ELEMENTS, elements - first));
    if (values.some((value) => value !== 0)) return false;
  }
  return true;
}

function groupByKind(modules: readonly ModuleFacts[]): ModuleFacts[][] {
  const groups = new Map<string, ModuleFacts[]>();
  for (const module of modules) {
    const key = `${module.kind} ${module.fused}`;
    const group = groups.get(key);
    if (group) group.push(module);
    else groups.set(key, [module]);
  }
  return [...groups.values()];
}

const PROJECTIONS = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'];

function summarise(modules: readonly ModuleFacts[]): AdapterKind {
  const [{ kind, fused }] = modules as [ModuleFacts];
  const ascending = (values: Iterable<number>) => [...new Set(values)].sort((a, b) => a - b);
  return {
    kind,
    fused,
    modules: modules.length,
    projections: [...new Set(modules.flatMap(({ projections }) => projections))].sort(
      (a, b) => PROJECTIONS.indexOf(a) - PROJECTIONS.indexOf(b),
    ),
    layers: ascending(modules.flatMap(({ layer }) => (layer === undefined ? [] : [layer]))),
    ranks: ascending(modules.map(({ rank }) => rank)),
    scales: ascending(modules.map(({ scale }) => scale)),
    zeroModules: modules.filter(({ isZero }) => isZero).length,
  };
}

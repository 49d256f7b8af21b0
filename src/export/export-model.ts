import { encodeModel } from '../onnx/model.ts';
import { VERSION } from '../version.ts';
import { beginExport, type ExportTask } from './begin-export.ts';
import { checkPlan } from './check-plan.ts';
import type { Qwen3MoeConfig } from './checkpoint/model-config.ts';
import { buildDecoder } from './decoder/build-decoder.ts';
import { planWeights } from './decoder/plan.ts';
import { completeRecipe, type QuantizationRecipe } from './decoder/recipe.ts';
import { placedTensors } from './describe-written.ts';
import { leaveUnfinished, publishExport } from './end-export.ts';
import { GRAPH_FILE } from './folder/data-file-names.ts';
import type { Identity } from './folder/journal.ts';
import { MANIFEST_FILE, MANIFEST_SCHEMA, MANIFEST_VERSION, type Manifest } from './folder/manifest.ts';
import { NewFolder } from './folder/new-folder.ts';
import { ownExportFiles } from './folder/read-manifest.ts';
import { SharedExport } from './folder/shared-export.ts';
import { jsonBytes, ModelFiles } from './model-files.ts';
import { requireSpaceFor } from './planned-bytes.ts';
import type { ExportHooks } from './progress.ts';
import { type ExportSource, openSource } from './source.ts';
import { writeWeights } from './write-weights.ts';

export interface ExportRequest extends Partial<QuantizationRecipe> {
  /** A folder, or the id of a model in the local Hugging Face cache; as `adapter`. */
  readonly checkpoint: string;
  /** A PEFT LoRA, merged before quantising. */
  readonly adapter?: string | undefined;
  /** The folder to make. */
  readonly out: string;
  /** An export whose data file is linked for every tensor that is the same there. */
  readonly shareWith?: string | undefined;
  /** Replace an export that stands at `out`. */
  readonly force?: boolean;
  /** Threads that encode weights; one for each core by default. The export is the same with any number. */
  readonly threads?: number | undefined;
}

export interface ExportResult {
  readonly manifest: Manifest;
}

/**
 * Turns a Qwen3-MoE checkpoint into an ONNX export: a decoder of 4- or 8-bit weights, its tokenizer and a manifest.
 * Weights are read, merged, quantised and written a few rows at a time, so that memory does not grow with the model.
 * The same inputs give the same bytes. The folder appears when it is whole. When the work is stopped, by a signal, a
 * crash or a full disk, `OUT.partial` stays, and the same request goes on from there; after a wrong input nothing stays.
 * @throws FtLensError for a wrong call or input, a full disk, or when `hooks.signal` says stop
 */
export async function exportModel(request: ExportRequest, hooks: ExportHooks = {}): Promise<ExportResult> {
  const source = await openSource(request.checkpoint, request.adapter);
  try {
    return await exportFrom(source, request, hooks);
  } finally {
    await source.close();
  }
}

/** As {@link exportModel}, from weights that need not be files. The source stays open. */
export async function exportFrom(
  source: ExportSource,
  request: Omit<ExportRequest, 'checkpoint' | 'adapter'>,
  hooks: ExportHooks = {},
): Promise<ExportResult> {
  const recipe = completeRecipe(request);
  const plan = planWeights(source.checkpoint.config, recipe, source.tiedHead);
  checkPlan(plan, source.weights);
  const shared = request.shareWith === undefined ? undefined : await SharedExport.open(request.shareWith);
  hooks.signal?.throwIfAborted();
  const modelFiles = await ModelFiles.open(source.checkpoint.directory);
  try {
    const task = { identity: identityOf(source, recipe, shared), plan, shared, modelFiles };
    return await exportTo(request, task, source, recipe, hooks);
  } finally {
    await modelFiles.close();
  }
}

async function exportTo(
  request: Omit<ExportRequest, 'checkpoint' | 'adapter'>,
  inputs: Omit<ExportTask, 'folder'>,
  source: ExportSource,
  recipe: QuantizationRecipe,
  hooks: ExportHooks,
): Promise<ExportResult> {
  const { shared } = inputs;
  const folder = await NewFolder.create(request.out, {
    replace: request.force === true ? ownExportFiles : undefined,
    inputs: [...source.folders, ...(shared ? [shared.directory] : [])],
  });
  const task = { folder, ...inputs };
  let manifest: Manifest;
  try {
    manifest = await writeExport(task, source, recipe, request.threads, hooks);
    await folder.writeFile(MANIFEST_FILE, jsonBytes(manifest));
    hooks.signal?.throwIfAborted();
  } catch (error) {
    await leaveUnfinished(task, error, hooks);
    throw error;
  }
  await publishExport(task, hooks);
  return { manifest };
}

/** What two runs must have in common for one to go on where the other has ended. Keys are words of a message. */
function identityOf(source: ExportSource, recipe: QuantizationRecipe, shared: SharedExport | undefined): Identity {
  return {
    'version of ft-lens': VERSION,
    checkpoint: source.identity.checkpoint,
    adapter: source.identity.adapter,
    quantisation: recipe,
    'export to share with': shared?.identity,
  };
}

async function writeExport(
  task: ExportTask,
  source: ExportSource,
  recipe: QuantizationRecipe,
  threads: number | undefined,
  hooks: ExportHooks,
): Promise<Manifest> {
  const { folder, plan, modelFiles } = task;
  const { checkpoint, tiedHead } = source;
  const { config } = checkpoint;
  const { store, journal, resumed } = await beginExport(task, hooks);
  const weights = await requireSpaceFor(task, source, resumed.length)
    .then(() =>
      writeWeights(plan, source, store, { hooks, threads, resumed, onWritten: (weight) => journal.append(weight) }),
    )
    .finally(() => Promise.all([store.close(), journal.close()]));
  const graph = buildDecoder(config, recipe, tiedHead, placedTensors(weights.tensors));
  const files = [
    await folder.writeFile(GRAPH_FILE, encodeModel(graph)),
    ...weights.files,
    ...(await modelFiles.write(folder, configChanges(config, tiedHead, weights.files.length))),
  ];
  return {
    schema: MANIFEST_SCHEMA,
    schemaVersion: MANIFEST_VERSION,
    tool: { name: 'ft-lens', version: VERSION },
    architecture: 'qwen3_moe',
    source: await source.describe(hooks),
    dimensions: dimensions(config, tiedHead),
    quantization: recipe,
    files,
    tensors: [...weights.tensors],
    quantizationError: [...weights.quantizationError],
    ...(weights.adapterSurvival && { adapterSurvival: [...weights.adapterSurvival] }),
  };
}

/** What transformers.js needs to know of the folder besides the model's own configuration. */
function configChanges(config: Qwen3MoeConfig, tiedHead: boolean, dataFiles: number): Record<string, unknown> {
  return {
    head_dim: config.headDim,
    tie_word_embeddings: tiedHead,
    'transformers.js_config': { dtype: 'fp32', use_external_data_format: { [GRAPH_FILE]: dataFiles } },
  };
}

function dimensions(config: Qwen3MoeConfig, tiedHead: boolean): Manifest['dimensions'] {
  return {
    layers: config.layers,
    hiddenSize: config.hiddenSize,
    attentionHeads: config.attentionHeads,
    keyValueHeads: config.keyValueHeads,
    headDim: config.headDim,
    experts: config.experts,
    expertsPerToken: config.expertsPerToken,
    expertIntermediateSize: config.expertIntermediateSize,
    vocabSize: config.vocabSize,
    maxPositions: config.maxPositions,
    tiedHead,
  };
}

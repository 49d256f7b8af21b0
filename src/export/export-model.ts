import { inputError } from '../errors.ts';
import { encodeModel } from '../onnx/model.ts';
import { VERSION } from '../version.ts';
import type { Qwen3MoeConfig } from './checkpoint/model-config.ts';
import type { WeightSource } from './checkpoint/weight-source.ts';
import { buildDecoder } from './decoder/build-decoder.ts';
import { type PlannedWeight, planWeights } from './decoder/plan.ts';
import { DEFAULT_RECIPE, type QuantizationRecipe } from './decoder/recipe.ts';
import { MANIFEST_FILE, MANIFEST_SCHEMA, MANIFEST_VERSION, type Manifest } from './folder/manifest.ts';
import { NewFolder } from './folder/new-folder.ts';
import { ownExportFiles } from './folder/read-manifest.ts';
import { SharedExport } from './folder/shared-export.ts';
import { GRAPH_FILE, TensorStore } from './folder/tensor-store.ts';
import { jsonBytes, writeModelFiles } from './model-files.ts';
import type { ExportHooks } from './progress.ts';
import { type ExportSource, openSource } from './source.ts';
import { placedTensors, writeWeights } from './write-weights.ts';

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
}

export interface ExportResult {
  readonly manifest: Manifest;
}

/**
 * Turns a Qwen3-MoE checkpoint into an ONNX export: a decoder of 4- or 8-bit weights, its tokenizer and a manifest.
 * Weights are read, merged, quantised and written a few rows at a time, so that memory does not grow with the model.
 * The same inputs give the same bytes. The folder appears when it is whole; after a failure nothing is left of it.
 * @throws FtLensError for a wrong call or input, a full disk, or when `hooks.signal` says stop
 */
export async function exportModel(request: ExportRequest, hooks: ExportHooks = {}): Promise<ExportResult> {
  const recipe = completeRecipe(request);
  const source = await openSource(request.checkpoint, request.adapter);
  try {
    const plan = planWeights(source.checkpoint.config, recipe, source.tiedHead);
    checkPlan(plan, source.weights);
    const shared = request.shareWith === undefined ? undefined : await SharedExport.open(request.shareWith);
    const folder = await NewFolder.create(request.out, {
      replace: request.force === true ? ownExportFiles : undefined,
      inputs: [...source.folders, ...(shared ? [shared.directory] : [])],
    });
    try {
      const manifest = await writeExport(folder, source, recipe, plan, shared, hooks);
      await folder.writeFile(MANIFEST_FILE, jsonBytes(manifest));
      hooks.signal?.throwIfAborted();
      await folder.publish();
      return { manifest };
    } catch (error) {
      await folder.discard();
      throw error;
    }
  } finally {
    await source.close();
  }
}

async function writeExport(
  folder: NewFolder,
  source: ExportSource,
  recipe: QuantizationRecipe,
  plan: readonly PlannedWeight[],
  shared: SharedExport | undefined,
  hooks: ExportHooks,
): Promise<Manifest> {
  const { checkpoint, tiedHead } = source;
  const { config } = checkpoint;
  const store = await TensorStore.create(folder.path, shared);
  const weights = await writeWeights(plan, source, store, hooks).finally(() => store.close());
  const graph = buildDecoder(config, recipe, tiedHead, placedTensors(weights.tensors));
  const files = [
    await folder.writeFile(GRAPH_FILE, encodeModel(graph)),
    ...weights.files,
    ...(await writeModelFiles(folder, checkpoint.directory, configChanges(config, tiedHead, weights.files.length))),
  ];
  return {
    schema: MANIFEST_SCHEMA,
    schemaVersion: MANIFEST_VERSION,
    tool: { name: 'ft-lens', version: VERSION },
    architecture: 'qwen3_moe',
    source: await source.describe(hooks),
    dimensions: dimensions(config, tiedHead),
    quantization: { ...recipe, rule: 'signed-extreme' },
    files,
    tensors: [...weights.tensors],
    quantizationError: [...weights.quantizationError],
    ...(weights.adapterSurvival && { adapterSurvival: [...weights.adapterSurvival] }),
  };
}

function completeRecipe({ bits, blockSize, headBits }: Partial<QuantizationRecipe>): QuantizationRecipe {
  return {
    bits: bits ?? DEFAULT_RECIPE.bits,
    blockSize: blockSize ?? DEFAULT_RECIPE.blockSize,
    headBits: headBits ?? DEFAULT_RECIPE.headBits,
  };
}

/** Every weight of the model has a place in the export, with the shape that it has there; and no place stays empty. */
function checkPlan(plan: readonly PlannedWeight[], weights: WeightSource): void {
  const planned = new Set<string>();
  for (const weight of plan) {
    for (const name of weight.sources.flat()) {
      planned.add(name);
      const got = weights.names.has(name) ? `[${weights.shape(name).join(', ')}]` : 'no such weight';
      const expected = `[${weight.sourceShape.join(', ')}]`;
      if (got !== expected)
        throw inputError('A weight does not have the shape that config.json implies.', { where: name, expected, got });
    }
  }
  const left = [...weights.names].find((name) => !planned.has(name));
  if (left !== undefined)
    throw inputError('The checkpoint holds a weight that the decoder has no place for.', { where: left });
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

import { usageError } from '../errors.ts';
import type { Parts, Report } from '../report/schema.ts';
import { wantedAttention } from './attention-layers.ts';
import { type ChosenDevice, requireMemory } from './device.ts';
import { checkFloor } from './checks/floor-check.ts';
import { pairChecks } from './checks/pair-checks.ts';
import type { Engine } from './engine/engine.ts';
import type { EngineDevice } from './engine/engine-device.ts';
import { generate } from './generate/generate.ts';
import { planGeneration } from './generate/plan-generation.ts';
import { requireComparable } from './model/compatibility.ts';
import type { ModelAndTokenizer } from './model/model-and-tokenizer.ts';
import { gpuMemoryNeeded } from './model/gpu-memory.ts';
import { type OpenModel, openModel } from './model/open-model.ts';
import { requireFloor, requireMeasured } from './model/require-floor.ts';
import { requireUnchanged } from './model/require-unchanged.ts';
import { compareParts } from './parts/compare-parts.ts';
import { sameGraph } from './parts/same-graph.ts';
import { type AnalyzeHooks, onceLoaded, runPhase } from './progress.ts';
import { encodePrompt } from './prompt/encode-prompt.ts';
import { preparePrompt } from './prompt/prepare-prompt.ts';
import type { SidedModel } from './reading/read-backbones.ts';
import { readModels } from './reading/read-models.ts';
import { type AnalyzeRequest, type AnalyzeSettings, type Prompt, requirePossible } from './request.ts';
import type { Resources } from './resources.ts';
import { loadTokenizers } from './tokenizer/load-tokenizer.ts';
import type { Tokenizer } from './tokenizer/types.ts';

/** What has been begun before anything is known of the models. */
interface Beginning {
  /** the device that was chosen, and the engine that starts on it */
  readonly starting: Promise<{ readonly chosen: ChosenDevice; readonly engine: Engine }>;
  /** Starts another one, when the chosen device cannot hold the models. */
  startEngine(device: EngineDevice): Engine;
  /** takes whatever has to be closed in the end */
  readonly resources: Resources;
}

/** Opens the models, reads the prompt through them and puts the report together. */
export async function analyzeModels(
  settings: AnalyzeRequest & AnalyzeSettings,
  { starting, startEngine, resources }: Beginning,
  hooks: AnalyzeHooks,
): Promise<Report> {
  const folders = foldersOf(settings);
  const tokenizers = openTokenizers(folders, settings.prompt, resources);
  // A text is cut into tokens while the models are opened.
  const encoding = tokenizers.then(([tokenizer]) => encodePrompt(settings.prompt, tokenizer as Tokenizer));
  encoding.catch(() => undefined);
  const [first, models] = await Promise.all([starting, Promise.all(folders.map(openModel))]);
  const opened = (await tokenizers).map((tokenizer, i) => ({ model: models[i] as OpenModel, tokenizer }));
  const [base, ft, floor] = opened as [ModelAndTokenizer, ModelAndTokenizer?, ModelAndTokenizer?];
  const chosen = requireMemory(
    first.chosen,
    gpuMemoryNeeded(
      opened.map(({ model }) => model),
      settings,
    ),
  );
  const engine = chosen === first.chosen ? first.engine : startEngine(chosen.device);
  const device = chosen.device.kind;
  hooks.onProgress?.({ type: 'device', device, automatic: chosen.automatic, detail: chosen.detail });
  if (ft) requireComparable(base, ft);
  if (floor) await requireFloor(base, floor);
  requirePossible(settings, base.model.anatomy.vocabularySize);
  const writers = sided(base, ft);
  const plan = settings.generate > 0 ? await planGeneration(settings.generate, writers) : undefined;
  const attentionLayers = wantedAttention(settings, base.model.anatomy.layers.length);

  const tokenizing = { phase: 'tokenize', model: ft ? 'both' : 'base', detail: 'prompt' } as const;
  const { result: prompt } = await runPhase(hooks, tokenizing, async () =>
    preparePrompt(settings, await encoding, base, ft),
  );
  // Token texts stay readable, and nobody waits for the end of a thread.
  for (const { tokenizer } of opened) void tokenizer.close();
  const checks = ft ? pairChecks(base, ft, prompt) : [];
  if (floor) checks.push(checkFloor(base.model, floor.model));
  for (const { status, message } of checks) if (status !== 'pass') hooks.onProgress?.({ type: 'warning', message });
  const job = {
    base: base.model,
    ft: ft?.model,
    floor: floor?.model,
    ids: prompt.ids,
    positions: prompt.positions,
    settings: { ...settings, tracked: prompt.tracked, trackedSets: prompt.trackedSets.map(({ ids }) => ids) },
    attentionLayers,
    crossHead: settings.crossHead,
    options: { threads: settings.threads },
    selfTest: settings.selfTest,
  };
  let parts: Parts | undefined;
  // What the report needs besides the readings is had while the engine computes.
  const prepareReport = async () => {
    if (ft) parts ??= compareParts(base.model.manifest, ft.model.manifest, sameGraph(base.model.model, ft.model.model));
    return import('./assemble-report.ts');
  };
  const onnxruntime = engine.version();
  onnxruntime.catch(() => undefined);
  const readings = await readModels(engine, job, onceLoaded(hooks, prepareReport));
  if (floor && readings.floor) requireMeasured(floor.model, readings.floor.pair);
  const generation = plan && (await generate(engine, plan, { ...job, models: writers }, hooks));
  for (const { model } of opened) await requireUnchanged(model.dataFiles.values());
  const { assembleReport } = await prepareReport();
  return assembleReport({
    settings,
    attentionLayers,
    device,
    onnxruntime: await onnxruntime,
    base,
    ft,
    floor: floor?.model,
    prompt,
    pairChecks: checks,
    parts,
    readings,
    generation,
  });
}

/** @throws FtLensError (usage) for a floor under nothing */
function foldersOf({ base, ft, floor }: AnalyzeRequest): string[] {
  if (floor !== undefined && ft === undefined)
    throw usageError('A noise floor needs a comparison to lie under.', {
      where: `floor: ${floor}`,
      expected: 'ft as well',
    });
  return [base, ft, floor].filter((folder) => folder !== undefined);
}

function sided({ model: base }: ModelAndTokenizer, ft: ModelAndTokenizer | undefined): SidedModel[] {
  return [{ side: 'base', model: base }, ...(ft ? [{ side: 'ft', model: ft.model } as const] : [])];
}

/** Tokenizers of model folders, in their order. */
async function openTokenizers(
  folders: readonly string[],
  prompt: Prompt,
  resources: Resources,
): Promise<readonly Tokenizer[]> {
  const forText = typeof prompt === 'string' || !('tokenIds' in prompt);
  const tokenizers = await loadTokenizers(folders, { forText });
  return tokenizers.map((tokenizer) => resources.add(tokenizer));
}

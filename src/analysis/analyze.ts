import { FtLensError } from '../errors.ts';
import type { Report } from '../report/schema.ts';
import { assembleReport } from './assemble-report.ts';
import { chooseDevice, requireMemory } from './device.ts';
import { pairChecks } from './checks/pair-checks.ts';
import { Engine } from './engine/engine.ts';
import type { EngineDevice } from './engine/engine-device.ts';
import { requireComparable } from './model/compatibility.ts';
import type { ModelAndTokenizer } from './model/model-and-tokenizer.ts';
import { gpuMemoryNeeded } from './model/gpu-memory.ts';
import { openModel } from './model/open-model.ts';
import { type AnalyzeHooks, runPhase } from './progress.ts';
import { preparePrompt } from './prompt/prepare-prompt.ts';
import { readModels } from './reading/read-models.ts';
import { ANALYZE_DEFAULTS, type AnalyzeRequest, requirePossible } from './request.ts';
import { Resources } from './resources.ts';
import { loadTokenizers } from './tokenizer/load-tokenizer.ts';
import type { Tokenizer } from './tokenizer/types.ts';

/**
 * Reads a prompt through every layer of one model, or of a base and its fine-tune side by side.
 * @throws FtLensError for a wrong call or model folder (usage, input), a device that cannot be used (device), a failure
 * of the runtime (runtime), and when `hooks.signal` is aborted (interrupted)
 */
export async function analyze(request: AnalyzeRequest, hooks: AnalyzeHooks = {}): Promise<Report> {
  try {
    return await analyzeOnce(request, hooks);
  } catch (error) {
    const device = request.device ?? ANALYZE_DEFAULTS.device;
    if (device !== 'auto' || !(error instanceof FtLensError && error.kind === 'device')) throw error;
    // `auto` promises a result: what a card turns out not to do, the CPU does, and the report says so.
    const reason = error.message.replace(/\.$/, '') + (error.got === undefined ? '' : ` (${error.got})`);
    const message = `${reason}: --device auto goes on with the CPU.`;
    hooks.onProgress?.({ type: 'warning', message });
    const report = await analyzeOnce({ ...request, device: 'cpu' }, hooks);
    const model = request.ft === undefined ? 'base' : 'both';
    return { ...report, checks: [...report.checks, { id: 'device', model, status: 'warn', message }] };
  }
}

async function analyzeOnce(request: AnalyzeRequest, hooks: AnalyzeHooks): Promise<Report> {
  const settings = { ...ANALYZE_DEFAULTS, ...request };
  const resources = new Resources();
  try {
    const start = (device: EngineDevice): Engine => resources.add(new Engine(device, hooks.signal));
    // ONNX Runtime loads while folders are read and the prompt is tokenized.
    const [first, opened] = await Promise.all([
      chooseDevice(settings.device).then((chosen) => ({ chosen, engine: start(chosen.device) })),
      openModels(request.ft === undefined ? [request.base] : [request.base, request.ft], resources),
    ]);
    const [base, ft] = opened as [ModelAndTokenizer, ModelAndTokenizer?];
    const chosen = requireMemory(first.chosen, gpuMemoryNeeded(ft ? [base.model, ft.model] : [base.model]));
    const engine = chosen === first.chosen ? first.engine : start(chosen.device);
    const device = chosen.device.kind;
    hooks.onProgress?.({ type: 'device', device, automatic: chosen.automatic, detail: chosen.detail });
    if (ft) requireComparable(base, ft);
    requirePossible(settings, base.model.anatomy.vocabularySize);

    const tokenizing = { phase: 'tokenize', model: ft ? 'both' : 'base', detail: 'prompt' } as const;
    const { result: prompt } = await runPhase(hooks, tokenizing, () => preparePrompt(settings, base, ft));
    // Token texts stay readable; the rest of a tokenizer takes 200 MB.
    for (const { tokenizer } of opened) await tokenizer.close();
    const checks = ft ? pairChecks(base, ft, prompt) : [];
    for (const { status, message } of checks) if (status !== 'pass') hooks.onProgress?.({ type: 'warning', message });
    const job = {
      base: base.model,
      ft: ft?.model,
      ids: prompt.ids,
      positions: prompt.positions,
      settings: { ...settings, tracked: prompt.tracked },
      options: { threads: request.threads },
      selfTest: settings.selfTest,
    };
    const readings = await readModels(engine, job, hooks);
    const onnxruntime = await engine.version();
    return assembleReport({ settings, device, onnxruntime, base, ft, prompt, pairChecks: checks, readings });
  } finally {
    await resources.close();
  }
}

/** Opens model folders, in their order. */
async function openModels(folders: readonly string[], resources: Resources): Promise<ModelAndTokenizer[]> {
  const [models, tokenizers] = await Promise.all([
    Promise.all(folders.map(openModel)),
    loadTokenizers(folders).then((loaded) => loaded.map((tokenizer) => resources.add(tokenizer))),
  ]);
  return models.map((model, i) => ({ model, tokenizer: tokenizers[i] as Tokenizer }));
}

import type { Report } from '../report/schema.ts';
import { assembleReport } from './assemble-report.ts';
import { usableDevice } from './device.ts';
import { pairChecks } from './checks/pair-checks.ts';
import { Engine } from './engine/engine.ts';
import { requireComparable } from './model/compatibility.ts';
import type { ModelAndTokenizer } from './model/model-and-tokenizer.ts';
import { openModel } from './model/open-model.ts';
import { type AnalyzeHooks, runPhase } from './progress.ts';
import { preparePrompt } from './prompt/prepare-prompt.ts';
import { readModels } from './reading/read-models.ts';
import { ANALYZE_DEFAULTS, type AnalyzeRequest, requirePossible } from './request.ts';
import { Resources } from './resources.ts';
import { loadTokenizer } from './tokenizer/load-tokenizer.ts';

/**
 * Reads a prompt through every layer of one model, or of a base and its fine-tune side by side.
 * @throws FtLensError for a wrong call or model folder (usage, input), a device that cannot be used (device), a failure
 * of the runtime (runtime), and when `hooks.signal` is aborted (interrupted)
 */
export async function analyze(request: AnalyzeRequest, hooks: AnalyzeHooks = {}): Promise<Report> {
  const settings = { ...ANALYZE_DEFAULTS, ...request };
  const device = usableDevice(settings.device);
  hooks.onProgress?.({ type: 'device', device, automatic: settings.device === 'auto' });
  const resources = new Resources();
  try {
    // ONNX Runtime loads while folders are read and the prompt is tokenized.
    const engine = resources.add(new Engine(hooks.signal));
    const open = async (folder: string): Promise<ModelAndTokenizer> => ({
      model: await openModel(folder),
      tokenizer: resources.add(await loadTokenizer(folder)),
    });
    const [base, ft] = await Promise.all([open(request.base), request.ft === undefined ? undefined : open(request.ft)]);
    if (ft) requireComparable(base, ft);
    requirePossible(settings, base.model.anatomy.vocabularySize);

    const tokenizing = { phase: 'tokenize', model: ft ? 'both' : 'base', detail: 'prompt' } as const;
    const { result: prompt } = await runPhase(hooks, tokenizing, () => preparePrompt(settings, base, ft));
    const checks = ft ? pairChecks(base, ft, prompt) : [];
    for (const { status, message } of checks) if (status !== 'pass') hooks.onProgress?.({ type: 'warning', message });
    const job = {
      base: base.model,
      ft: ft?.model,
      ids: prompt.ids,
      positions: prompt.positions,
      settings: { ...settings, tracked: prompt.tracked },
      options: { threads: request.threads },
    };
    const readings = await readModels(engine, job, hooks);
    const onnxruntime = await engine.version();
    return assembleReport({ settings, device, onnxruntime, base, ft, prompt, pairChecks: checks, readings });
  } finally {
    await resources.close();
  }
}

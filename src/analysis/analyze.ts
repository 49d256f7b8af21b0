import type { Report } from '../report/schema.ts';
import { assembleReport } from './assemble-report.ts';
import { usableDevice } from './device.ts';
import { pairChecks } from './checks/pair-checks.ts';
import { Engine } from './engine/engine.ts';
import { requireComparable } from './model/compatibility.ts';
import { openModel } from './model/open-model.ts';
import type { Subject } from './model/subject.ts';
import { Opened } from './opened.ts';
import { type AnalyzeHooks, runPhase } from './progress.ts';
import { preparePrompt } from './prompt/prepare-prompt.ts';
import { readModels } from './reading/read-models.ts';
import { type AnalyzeRequest, requirePossible } from './request.ts';
import { loadTokenizer } from './tokenizer/load-tokenizer.ts';

/**
 * Reads a prompt through every layer of one model, or of a base and its fine-tune side by side.
 * @throws FtLensError for a wrong call or model folder (usage, input), a device that cannot be used (device), a failure
 * of the runtime (runtime), and when `hooks.signal` is aborted (interrupted)
 */
export async function analyze(request: AnalyzeRequest, hooks: AnalyzeHooks = {}): Promise<Report> {
  const device = usableDevice(request.device);
  hooks.onProgress?.({ type: 'device', device, automatic: request.device === 'auto' });
  const opened = new Opened();
  try {
    // ONNX Runtime loads while folders are read and the prompt is tokenized.
    const engine = opened.add(new Engine(hooks.signal));
    const open = async (folder: string): Promise<Subject> => ({
      model: await openModel(folder),
      tokenizer: opened.add(await loadTokenizer(folder)),
    });
    const [base, ft] = await Promise.all([open(request.base), request.ft === undefined ? undefined : open(request.ft)]);
    if (ft) requireComparable(base, ft);
    requirePossible(request, base.model.anatomy.vocabularySize);

    const tokenizing = { phase: 'tokenize', model: ft ? 'both' : 'base', detail: 'prompt' } as const;
    const { result: prompt } = await runPhase(hooks, tokenizing, () => preparePrompt(request, base, ft));
    const checks = ft ? pairChecks(base, ft, prompt) : [];
    for (const { status, message } of checks) if (status !== 'pass') hooks.onProgress?.({ type: 'warning', message });
    const { norm, topK, finalTop, activeThreshold, threads } = request;
    const settings = { norm, topK, finalTop, activeThreshold, tracked: prompt.tracked };
    const { ids, positions } = prompt;
    const job = { base: base.model, ft: ft?.model, ids, positions, settings, options: { threads } };
    const readings = await readModels(engine, job, hooks);
    const onnxruntime = await engine.version();
    return assembleReport({ request, device, onnxruntime, base, ft, prompt, pairChecks: checks, readings });
  } finally {
    await opened.close();
  }
}

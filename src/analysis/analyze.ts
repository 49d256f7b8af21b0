import { FtLensError } from '../errors.ts';
import type { Report } from '../report/schema.ts';
import { chooseDevice } from './device.ts';
import { Engine } from './engine/engine.ts';
import type { EngineDevice } from './engine/engine-device.ts';
import type { AnalyzeHooks } from './progress.ts';
import { ANALYZE_DEFAULTS, type AnalyzeRequest } from './request.ts';
import { Resources } from './resources.ts';

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
    const startEngine = (device: EngineDevice): Engine => resources.add(new Engine(device, hooks.signal));
    const starting = chooseDevice(settings.device).then((chosen) => ({ chosen, engine: startEngine(chosen.device) }));
    // Its failure is met where the engine is needed.
    starting.catch(() => undefined);
    // The process of the engine comes up while the rest of this program is loaded, which takes as long.
    const { analyzeModels } = await import('./analyze-models.ts');
    return await analyzeModels(settings, { starting, startEngine, resources }, hooks);
  } finally {
    await resources.close();
  }
}

import { onceLoaded, type ProgressEvent } from '../../analysis/progress.ts';
import { ANALYZE_DEFAULTS, type AnalyzeRequest, type AnalyzeSettings, type Prompt } from '../../analysis/request.ts';
import { showAnalysis } from '../analysis-progress.ts';
import { checkRules, failsOn, type FailRule } from '../fail-on.ts';
import { modelFolders, requireApartFromInputs } from '../folders.ts';
import { interruptSignal } from '../interrupt.ts';
import { requireWritable } from '../output.ts';
import { progressOf, type StderrOptions } from '../progress.ts';
import { readPrompt, type PromptOptions } from '../prompt.ts';
import { loadRenderer, reportFormat, requireRows, writeReport, type ReportOutputOptions } from '../report-output.ts';

type ReadingOptions = Omit<AnalyzeSettings, 'track' | 'heads' | 'crossHead' | 'generate'> &
  Pick<AnalyzeRequest, 'threads'>;

export interface AnalyzeOptions extends StderrOptions, PromptOptions, ReportOutputOptions, ReadingOptions {
  readonly base?: string | undefined;
  readonly ft?: string | undefined;
  readonly floor?: string | undefined;
  readonly track?: readonly string[] | undefined;
  readonly heads?: true | undefined;
  readonly crossHead?: true | undefined;
  readonly generate?: number | undefined;
  readonly failOn?: readonly FailRule[] | undefined;
}

/** `ft-lens analyze`: everything that can be wrong with the call is found before a model is loaded. */
export async function runAnalyze(promptArgument: string | undefined, options: AnalyzeOptions): Promise<void> {
  reportFormat(options);
  const folders = await modelFolders(options);
  checkRules(options.failOn ?? [], folders);
  await requireApartFromInputs(options.output, { folders: Object.values(folders), file: options.promptFile });
  await requireWritable(options.output);
  if (Array.isArray(options.layers)) {
    const { readModelConfig } = await import('../../analysis/model/model-config.ts');
    requireRows(options, (await readModelConfig(folders.base)).layers);
  }
  const prompt = await readPrompt(promptArgument, options);
  const progress = progressOf(options);
  const { analyze } = await import('../../analysis/analyze.ts');
  try {
    const hooks = { onProgress: (event: ProgressEvent) => showAnalysis(progress, event), signal: interruptSignal };
    const report = await analyze(
      requestOf(prompt, folders, options),
      onceLoaded(hooks, () => loadRenderer(options)),
    );
    progress.end();
    await writeReport(report, options);
    if (failsOn(report, options.failOn ?? [])) process.exitCode = 1;
  } finally {
    progress.end();
  }
}

function requestOf(
  prompt: Prompt,
  folders: Pick<AnalyzeRequest, 'base' | 'ft' | 'floor'>,
  options: AnalyzeOptions,
): AnalyzeRequest {
  const { device, topK, finalTop, positions, norm, activeThreshold, attentionLayers, attentionTop, selfTest, threads } =
    options;
  return {
    prompt,
    ...folders,
    device,
    topK,
    finalTop,
    positions,
    norm,
    track: options.track ?? [],
    activeThreshold,
    attentionLayers,
    attentionTop,
    heads: options.heads === true,
    crossHead: options.crossHead === true,
    generate: options.generate ?? ANALYZE_DEFAULTS.generate,
    selfTest,
    threads,
  };
}

import { readModelConfig } from '../../analysis/model/model-config.ts';
import type { AnalyzeRequest, AnalyzeSettings, Prompt } from '../../analysis/request.ts';
import { showAnalysis } from '../analysis-progress.ts';
import { checkRules, failsOn, type FailRule } from '../fail-on.ts';
import { modelFolders, requireApartFromInputs } from '../folders.ts';
import { interruptSignal } from '../interrupt.ts';
import { progressOf, type StderrOptions } from '../progress.ts';
import { readPrompt, type PromptOptions } from '../prompt.ts';
import { reportFormat, requireRows, writeReport, type ReportOutputOptions } from '../report-output.ts';

type ReadingOptions = Omit<AnalyzeSettings, 'track' | 'heads'> & Pick<AnalyzeRequest, 'threads'>;

export interface AnalyzeOptions extends StderrOptions, PromptOptions, ReportOutputOptions, ReadingOptions {
  readonly base?: string | undefined;
  readonly ft?: string | undefined;
  readonly track?: readonly string[] | undefined;
  readonly heads?: true | undefined;
  readonly failOn?: readonly FailRule[] | undefined;
}

/** `ft-lens analyze`: everything that can be wrong with the call is found before a model is loaded. */
export async function runAnalyze(promptArgument: string | undefined, options: AnalyzeOptions): Promise<void> {
  reportFormat(options);
  const folders = await modelFolders(options);
  checkRules(options.failOn ?? [], folders);
  await requireApartFromInputs(options.output, { folders: Object.values(folders), file: options.promptFile });
  if (Array.isArray(options.layers)) requireRows(options, (await readModelConfig(folders.base)).layers);
  const prompt = await readPrompt(promptArgument, options);
  const progress = progressOf(options);
  const { analyze } = await import('../../analysis/analyze.ts');
  try {
    const report = await analyze(requestOf(prompt, folders, options), {
      onProgress: (event) => showAnalysis(progress, event),
      signal: interruptSignal,
    });
    progress.end();
    await writeReport(report, options);
    if (failsOn(report, options.failOn ?? [])) process.exitCode = 1;
  } finally {
    progress.end();
  }
}

function requestOf(
  prompt: Prompt,
  folders: Pick<AnalyzeRequest, 'base' | 'ft'>,
  options: AnalyzeOptions,
): AnalyzeRequest {
  const { device, topK, finalTop, positions, norm, activeThreshold, attentionTop, selfTest, threads } = options;
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
    attentionTop,
    heads: options.heads === true,
    selfTest,
    threads,
  };
}

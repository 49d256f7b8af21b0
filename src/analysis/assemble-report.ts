import { buildComparison } from '../report/build-comparison.ts';
import { buildModelReport, type ModelFacts, type ReportContext } from '../report/build-model.ts';
import { type Check, type Report, reportSchema } from '../report/schema.ts';
import { verdictReport } from '../report/verdict.ts';
import { VERSION } from '../version.ts';
import { modelChecks } from './checks/model-checks.ts';
import type { OpenModel } from './model/open-model.ts';
import type { ModelAndTokenizer } from './model/model-and-tokenizer.ts';
import type { Side } from './progress.ts';
import type { PreparedPrompt } from './prompt/prepare-prompt.ts';
import { compareParts } from './parts/compare-parts.ts';
import { sameGraph } from './parts/same-graph.ts';
import type { ModelReadings, TimedReading } from './reading/read-models.ts';
import type { AnalyzeSettings } from './request.ts';

export interface ReportParts {
  readonly settings: AnalyzeSettings;
  readonly device: 'cpu' | 'cuda' | 'webgpu';
  readonly onnxruntime: string;
  readonly base: ModelAndTokenizer;
  readonly ft: ModelAndTokenizer | undefined;
  readonly prompt: PreparedPrompt;
  /** empty for one model */
  readonly pairChecks: readonly Check[];
  readonly readings: ModelReadings;
}

/** Puts a report together. It is validated: what leaves here is what the schema promises. */
export function assembleReport({
  settings,
  device,
  onnxruntime,
  base,
  ft,
  prompt,
  pairChecks,
  readings,
}: ReportParts): Report {
  const tokenText = (id: number): string => base.tokenizer.tokenText(id);
  const context: ReportContext = { ...settings, tokenText, promptIds: prompt.ids, tracked: prompt.tracked };
  const { norm, topK, finalTop, activeThreshold } = settings;
  const model = ({ model: open }: ModelAndTokenizer, { reading, timing }: TimedReading) =>
    buildModelReport(factsOf(open), reading, timing, context);
  const checks = (side: Side, { model: open }: ModelAndTokenizer, read: TimedReading) => [
    ...modelChecks(side, open, read.reading, { norm, ownLogits: read.ownLogits }),
    ...(read.deviceCheck ? [read.deviceCheck] : []),
  ];

  const report: Report = {
    schema: 'ft-lens.report',
    schemaVersion: '1.0',
    tool: { name: 'ft-lens', version: VERSION, onnxruntime, node: process.versions.node },
    prompt: {
      text: prompt.text,
      chat: prompt.chat,
      tokens: prompt.ids.map((id, position) => ({ position, id, text: tokenText(id) })),
    },
    settings: {
      device,
      norm,
      topK,
      finalTop,
      activeThreshold,
      positions: [...prompt.positions],
      tracked: prompt.tracked.map((id) => ({ id, text: tokenText(id) })),
    },
    models: { base: model(base, readings.base) },
    checks: checks('base', base, readings.base),
  };
  if (ft && readings.ft) {
    report.models.ft = model(ft, readings.ft);
    report.checks.push(...checks('ft', ft, readings.ft), ...pairChecks);
    report.comparison = {
      ...buildComparison(readings.base.reading, readings.ft.reading, readings.pair),
      parts: compareParts(base.model.manifest, ft.model.manifest, sameGraph(base.model.model, ft.model.model)),
    };
    report.comparison.verdict = verdictReport(report, report.comparison);
  }
  return reportSchema.parse(report);
}

function factsOf({ path, name, config, anatomy, recipe }: OpenModel): ModelFacts {
  const router = anatomy.layers.find((layer) => layer.router !== undefined)?.router;
  return {
    path,
    name,
    architecture: config.architecture,
    layers: anatomy.layers.length,
    hiddenSize: anatomy.hiddenSize,
    vocabSize: anatomy.vocabularySize,
    experts: router?.experts ?? 0,
    expertsPerToken: router?.topK ?? 0,
    recipe,
  };
}

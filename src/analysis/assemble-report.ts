import { buildComparison } from '../report/build-comparison.ts';
import { buildModelReport, type ModelFacts, type ReportContext } from '../report/build-model.ts';
import { type Check, type Report, reportSchema } from '../report/schema.ts';
import { VERSION } from '../version.ts';
import { modelChecks } from './checks/model-checks.ts';
import type { OpenModel } from './model/open-model.ts';
import type { Subject } from './model/subject.ts';
import type { PreparedPrompt } from './prompt/prepare-prompt.ts';
import { modelReading } from './reading/model-reading.ts';
import type { RawReadings } from './reading/read-models.ts';
import type { AnalyzeRequest } from './request.ts';

export interface ReportParts {
  readonly request: AnalyzeRequest;
  readonly device: 'cpu';
  readonly onnxruntime: string;
  readonly base: Subject;
  readonly ft: Subject | undefined;
  readonly prompt: PreparedPrompt;
  /** empty for one model */
  readonly pairChecks: readonly Check[];
  readonly readings: RawReadings;
}

/** Puts a report together. It is validated: what leaves here is what the schema promises. */
export function assembleReport({
  request,
  device,
  onnxruntime,
  base,
  ft,
  prompt,
  pairChecks,
  readings,
}: ReportParts): Report {
  const tokenText = (id: number): string => base.tokenizer.tokenText(id);
  const context: ReportContext = { ...request, tokenText, promptIds: prompt.ids, tracked: prompt.tracked };
  const baseReading = modelReading(base.model, readings.base);
  const ftReading = ft && readings.ft && modelReading(ft.model, readings.ft);

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
      norm: request.norm,
      topK: request.topK,
      finalTop: request.finalTop,
      activeThreshold: request.activeThreshold,
      positions: [...prompt.positions],
      tracked: prompt.tracked.map((id) => ({ id, text: tokenText(id) })),
    },
    models: { base: buildModelReport(factsOf(base.model), baseReading, readings.base.timing, context) },
    checks: modelChecks('base', base.model, baseReading, {
      norm: request.norm,
      ownLogits: readings.base.states.ownLogits,
    }),
  };
  if (ft && ftReading && readings.ft) {
    report.models.ft = buildModelReport(factsOf(ft.model), ftReading, readings.ft.timing, context);
    report.comparison = buildComparison(baseReading, ftReading, readings.pair);
    report.checks.push(
      ...modelChecks('ft', ft.model, ftReading, { norm: request.norm, ownLogits: readings.ft.states.ownLogits }),
      ...pairChecks,
    );
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

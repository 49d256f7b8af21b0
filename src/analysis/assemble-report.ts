import { compareAttentionLayers } from '../report/build-attention.ts';
import { buildCrossHead } from '../report/build-cross-head.ts';
import { buildComparison } from '../report/build-comparison.ts';
import { withFloor } from '../report/build-floor.ts';
import { buildGeneration } from '../report/build-generation.ts';
import { buildModelReport, type ModelFacts, type ReportContext } from '../report/build-model.ts';
import { type Check, type Parts, type Report, reportSchema } from '../report/schema.ts';
import { verdictReport } from '../report/verdict.ts';
import { VERSION } from '../version.ts';
import { modelChecks } from './checks/model-checks.ts';
import { checkGeneration, runsInF32 } from './checks/generation-checks.ts';
import type { Generation } from './generate/generate.ts';
import type { OpenModel } from './model/open-model.ts';
import type { ModelAndTokenizer } from './model/model-and-tokenizer.ts';
import type { Side } from './progress.ts';
import type { PreparedPrompt } from './prompt/prepare-prompt.ts';
import type { ModelReadings, TimedReading } from './reading/read-models.ts';
import type { AnalyzeSettings } from './request.ts';

export interface ReportParts {
  readonly settings: AnalyzeSettings;
  /** layers whose attention was asked for */
  readonly attentionLayers: readonly number[];
  readonly device: 'cpu' | 'cuda' | 'webgpu';
  readonly onnxruntime: string;
  readonly base: ModelAndTokenizer;
  readonly ft: ModelAndTokenizer | undefined;
  readonly floor: OpenModel | undefined;
  readonly prompt: PreparedPrompt;
  /** of the models beside each other, and of the noise floor; empty for one model */
  readonly pairChecks: readonly Check[];
  /** what differs between the exports; undefined for one model */
  readonly parts: Parts | undefined;
  readonly readings: ModelReadings;
  readonly generation?: Generation | undefined;
}

/** Puts a report together. It is validated: what leaves here is what the schema promises. */
export function assembleReport({
  settings,
  attentionLayers,
  device,
  onnxruntime,
  base,
  ft,
  floor,
  prompt,
  pairChecks,
  parts,
  readings,
  generation,
}: ReportParts): Report {
  const tokenText = (id: number): string => base.tokenizer.tokenText(id);
  const named = (id: number) => ({ id, text: tokenText(id) });
  const context: ReportContext = { ...settings, tokenText, promptIds: prompt.ids, tracked: prompt.tracked };
  const { norm, topK, finalTop, activeThreshold } = settings;
  const model = ({ model: open }: ModelAndTokenizer, { reading, timing }: TimedReading) =>
    buildModelReport(factsOf(open), reading, timing, context);
  const checks = (side: Side, open: OpenModel, read: TimedReading) => [
    ...modelChecks(side, open, read.reading, { norm, ownLogits: read.ownLogits, attentionLayers }),
    ...[read.deviceCheck, generation && checkGeneration(side, generation, { inF32: runsInF32(device, open) })].filter(
      (check) => check !== undefined,
    ),
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
      tracked: prompt.tracked.map(named),
      ...(prompt.trackedSets.length > 0 && {
        trackedSets: prompt.trackedSets.map(({ name, ids }) => ({ name, tokens: ids.map(named) })),
      }),
    },
    models: { base: model(base, readings.base) },
    checks: checks('base', base.model, readings.base),
  };
  if (generation) report.generation = buildGeneration(generation, context);
  if (ft && readings.ft) {
    report.models.ft = model(ft, readings.ft);
    report.checks.push(...checks('ft', ft.model, readings.ft), ...pairChecks);
    report.comparison = {
      ...buildComparison(readings.base.reading, readings.ft.reading, readings.ft.pair),
      ...(attentionLayers.length > 0 && {
        attentionLayers: compareAttentionLayers(
          readings.base.reading.attentionLayers,
          readings.ft.reading.attentionLayers,
          settings.heads,
        ),
      }),
      ...(readings.crossHead && {
        crossHead: buildCrossHead(readings.crossHead, readings.base.reading, readings.ft.reading, tokenText),
      }),
      ...(parts && { parts }),
    };
    if (floor && readings.floor) {
      report.checks.push(...checks('floor', floor, readings.floor));
      report.comparison = withFloor(
        report.comparison,
        { base: readings.base.reading, floor: readings.floor.reading, pair: readings.floor.pair },
        { path: floor.path, name: floor.name, recipe: floor.recipe, tokenText },
      );
    }
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

import { LIMITS } from '../../limits.ts';
import { thresholdWords } from '../../report/numbers.ts';
import type { Report } from '../../report/schema.ts';
import { summedPositions } from '../../report/summed-positions.ts';
import { changeData } from './change-data.ts';
import { crossHeadData } from './cross-head-data.ts';
import { generationData } from './generation-data.ts';
import { routingSummaryData } from './load-data.ts';
import { modelData } from './model-data.ts';
import type { PageData } from './page-data.ts';
import { shownToken, TokenTable } from './token-table.ts';

/** The numbers of a report in the form that the page reads. */
export function buildPageData(report: Report): PageData {
  const { prompt, models, comparison, settings } = report;
  const { base, ft } = models;
  const tokens = new TokenTable();
  const promptTokens = prompt.tokens.map((token) => tokens.add(token));
  const layers = base.positions[0]?.layers.map(({ layer }) => layer) ?? [];
  const context = {
    positions: base.positions.length,
    layers,
    promptLength: prompt.tokens.length,
    experts: Math.min(base.experts, LIMITS.experts),
    tracked: settings.tracked,
    trackedSets: settings.trackedSets ?? [],
    tokens,
  };
  const pair = ft !== undefined && comparison !== undefined;
  const shown =
    pair && !comparison.identical
      ? [modelData('Base', base, context), modelData('Fine-tune', ft, context)]
      : [modelData(pair ? 'Both' : 'Model', base, context)];
  const positions = base.positions.map(({ position }) => position);
  const crossHead = crossHeadData(comparison?.crossHead, positions, context);
  const sets = context.trackedSets.map(({ name, tokens: members }) => ({
    name: shownToken(name),
    tokens: members.map((token) => tokens.add(token)),
  }));
  return {
    tokens: tokens.columns(),
    title: 'Prompt',
    prompt: promptTokens,
    positions,
    layers,
    lnVocabulary: Math.log(base.vocabSize),
    experts: context.experts,
    expertsPerToken: base.expertsPerToken,
    activeThreshold: thresholdWords(settings.activeThreshold),
    summedPositions: summedPositions(settings.positions),
    routing: pair && !comparison.identical ? routingSummaryData(report, context) : null,
    trackedSets: sets,
    models: shown,
    change: pair && !comparison.identical ? changeData(comparison, base, context) : null,
    crossHead,
    generation: generationData(report, buildPageData),
  };
}

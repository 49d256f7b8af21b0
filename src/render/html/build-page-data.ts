import { LIMITS } from '../../limits.ts';
import { thresholdWords } from '../../report/numbers.ts';
import type { Report } from '../../report/schema.ts';
import { changeData } from './change-data.ts';
import { modelData } from './model-data.ts';
import type { PageData } from './page-data.ts';
import { TokenTable } from './token-table.ts';

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
    tokens,
  };
  const pair = ft !== undefined && comparison !== undefined;
  const shown =
    pair && !comparison.identical
      ? [modelData('Base', base, context), modelData('Fine-tune', ft, context)]
      : [modelData(pair ? 'Both' : 'Model', base, context)];
  return {
    tokens: tokens.columns(),
    prompt: promptTokens,
    positions: base.positions.map(({ position }) => position),
    layers,
    lnVocabulary: Math.log(base.vocabSize),
    experts: context.experts,
    expertsPerToken: base.expertsPerToken,
    activeThreshold: thresholdWords(settings.activeThreshold),
    models: shown,
    change: pair && !comparison.identical ? changeData(comparison, context) : null,
  };
}

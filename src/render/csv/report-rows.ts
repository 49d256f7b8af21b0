import type { Report } from '../../report/schema.ts';
import { csvText, numberRows } from './row.ts';
import type { Row } from './row.ts';

/** What holds for the whole report: prompt, settings, models, checks. */
export function reportRows({ tool, prompt, settings, models, checks }: Report): Row[] {
  const words = { 'tool.version': tool.version, 'settings.device': settings.device, 'settings.norm': settings.norm };
  return [
    ...Object.entries(words).map(([statistic, text]) => ({ statistic, text: csvText(text) })),
    ...numberRows(
      {},
      {
        'prompt.chat': prompt.chat,
        'settings.topK': settings.topK,
        'settings.finalTop': settings.finalTop,
        'settings.activeThreshold': settings.activeThreshold,
      },
    ),
    ...prompt.tokens.map(({ position, id, text }) => ({
      position,
      statistic: 'prompt.token',
      id,
      text: csvText(text),
    })),
    ...(['base', 'ft'] as const).flatMap((model) => modelFacts(model, models[model])),
    ...checks.map(({ id, model, status, value }) => ({
      model,
      statistic: 'check',
      key: csvText(id),
      text: status,
      ...(value !== undefined && { value }),
    })),
  ];
}

function modelFacts(model: 'base' | 'ft', facts: Report['models']['ft']): Row[] {
  if (facts === undefined) return [];
  const { name, path, architecture, recipe, layers, hiddenSize, vocabSize, experts, expertsPerToken, timing } = facts;
  const words = Object.entries({ name, path, architecture, recipe });
  return [
    ...words.map(([statistic, text]) => ({ model, statistic, text: csvText(text) })),
    ...numberRows({ model }, { layers, hiddenSize, vocabSize, experts, expertsPerToken }),
    ...numberRows(
      { model },
      { 'timing.loadMs': timing.loadMs, 'timing.forwardMs': timing.forwardMs, 'timing.lensMs': timing.lensMs },
    ),
  ];
}

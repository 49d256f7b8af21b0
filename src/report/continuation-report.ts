import type { ContinuationReport, ModelReport, Report } from './schema.ts';

/**
 * A continuation as if it had been the prompt, read at the positions whose states chose its tokens: whatever shows a
 * report shows the reading of a continuation too.
 */
export function continuationReport(report: Report, { tokens, text, models, comparison }: ContinuationReport): Report {
  const { generation: _generation, comparison: _comparison, prompt, settings, models: ofPrompt, ...rest } = report;
  const { base } = models;
  return {
    ...rest,
    prompt: {
      text: prompt.text + text,
      chat: prompt.chat,
      tokens: [...prompt.tokens, ...tokens.map(({ position, id, text: word }) => ({ position, id, text: word }))],
    },
    settings: { ...settings, positions: base.positions.map(({ position }) => position) },
    models: {
      base: modelReport(ofPrompt.base, base),
      ...(ofPrompt.ft && models.ft && { ft: modelReport(ofPrompt.ft, models.ft) }),
    },
    ...(comparison && { comparison: { ...comparison, attention: null } }),
  };
}

/** Only the last layer's attention, and only at the end of the prompt, is read. */
function modelReport(
  { attentionLayers: _layers, expertLoad: _load, ...facts }: ModelReport,
  read: ContinuationReport['models']['base'],
): ModelReport {
  return { ...facts, ...read, attention: null };
}

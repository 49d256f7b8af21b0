import { usageError } from '../errors.ts';
import type { AnalyzeSettings } from './request.ts';

/**
 * The layers whose attention a report lists one by one, ascending and without repetitions. None where nothing more than
 * the last layer's mean over heads was asked for: that is in every report.
 * @param layers of the model
 * @throws FtLensError (usage) for a layer that the model does not have
 */
export function wantedAttention(
  { attentionLayers, heads }: Pick<AnalyzeSettings, 'attentionLayers' | 'heads'>,
  layers: number,
): number[] {
  if (attentionLayers === 'last') return heads ? [layers] : [];
  if (attentionLayers === 'all') return Array.from({ length: layers }, (_, i) => i + 1);
  const outside = attentionLayers.find((layer) => !Number.isSafeInteger(layer) || layer < 1 || layer > layers);
  if (outside !== undefined)
    throw usageError('The model has no such layer of attention.', {
      where: '--attention-layers',
      expected: `1 to ${layers}${outside === 0 ? '; 0 is the embedding, which attends to nothing' : ''}`,
      got: String(outside),
    });
  if (attentionLayers.length === 0) throw usageError('There is no layer to read.', { where: '--attention-layers' });
  return [...new Set(attentionLayers)].sort((a, b) => a - b);
}

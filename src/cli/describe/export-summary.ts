import { type SurvivalWord, survivalOf, survivalWord, tolerableNoise } from '../../export/folder/survival.ts';
import { visibleText } from '../../render/token-text.ts';
import type { AdapterSurvival, Manifest, QuantizationError } from '../../export/folder/manifest.ts';
import { columns } from '../columns.ts';
import { formatPercent } from '../units.ts';

const LOST: ReadonlySet<SurvivalWord> = new Set(['partly', 'mostly lost']);

/** What an export did to the weights and to the adapter: a text of aligned columns that ends in a newline. */
export function exportSummary(
  manifest: Pick<Manifest, 'quantization' | 'quantizationError' | 'adapterSurvival'>,
): string {
  const { quantization, quantizationError, adapterSurvival } = manifest;
  const format = (bits: number): string => storedAs(bits, quantization.blockSize);
  const lines = quantizationLines(quantizationError, format);
  if (adapterSurvival !== undefined) lines.push('', ...survivalLines(adapterSurvival, format));
  return `${lines.join('\n')}\n`;
}

/** What the owner of an adapter must know before using the export: what of its change rounding took or drowned. */
export function survivalWarnings(
  manifest: Pick<Manifest, 'quantization' | 'adapterSurvival' | 'dimensions' | 'source'>,
): string[] {
  const { adapterSurvival = [], dimensions, source } = manifest;
  const tolerable = tolerableNoise(dimensions.hiddenSize, source.adapter?.settings.rank ?? 1);
  const warnings = adapterSurvival
    .map((survival) => survivalWarning(survival, tolerable))
    .filter((warning) => warning !== undefined);
  if (adapterSurvival.length > 0 && adapterSurvival.every(({ cosine }) => cosine === null)) {
    warnings.push('The adapter changes no weight: the export equals its base.');
  }
  return warnings;
}

function survivalWarning({ kind, bits, ...measured }: AdapterSurvival, tolerable: number): string | undefined {
  const survival = survivalOf(measured);
  if (survival === undefined) return undefined;
  const { kept, noise } = survival;
  const remedy = bits === 4 ? ' Exports of both models with --bits 8 are closer.' : '';
  if (LOST.has(survivalWord(survival)))
    return `Of the ${kind} part of the LoRA only ${formatPercent(Math.max(0, kept))} is stored.${remedy}`;
  if (noise < tolerable) return undefined;
  return `The ${kind} part of the LoRA is stored whole, but under rounding noise of ${noise.toFixed(1)} times its size: some of its effect may be lost in it.${remedy}`;
}

function quantizationLines(errors: readonly QuantizationError[], format: (bits: number) => string): string[] {
  const rows = errors.map(({ kind, weights, bits, mean, worst }) => [
    kind,
    String(weights),
    format(bits),
    formatPercent(mean),
    worst.error === 0 ? '' : formatPercent(worst.error),
    worst.error === 0 ? '' : shortWeightName(worst.weight),
  ]);
  return columns(
    [['quantisation', 'weights', 'stored as', 'mean error', 'worst', ''], ...rows],
    ['left', 'right', 'left', 'right', 'right', 'left'],
  );
}

function survivalLines(survival: readonly AdapterSurvival[], format: (bits: number) => string): string[] {
  const rows = survival.map(({ kind, weights, bits, ...measured }) => {
    const left = survivalOf(measured);
    return [
      kind,
      String(weights),
      format(bits),
      left?.kept.toFixed(2) ?? '',
      left?.noise.toFixed(2) ?? '',
      left === undefined ? 'no change' : survivalWord(left),
    ];
  });
  return columns(
    [['LoRA change', 'weights', 'stored as', 'kept', 'noise', 'verdict'], ...rows],
    ['left', 'right', 'left', 'right', 'right', 'left'],
  );
}

function storedAs(bits: number, blockSize: number): string {
  return bits >= 16 ? `f${bits}` : `${bits}-bit, block ${blockSize}`;
}

/** `L-4 mlp.experts.71.down_proj` for `model.layers.3.mlp.experts.71.down_proj.weight`: layers count from 1 here. */
export function shortWeightName(name: string): string {
  const [, layer, rest] = /^model\.layers\.(\d+)\.(.+?)(?:\.weight)?$/.exec(name) ?? [];
  return visibleText(layer === undefined ? name : `L-${Number(layer) + 1} ${rest}`);
}

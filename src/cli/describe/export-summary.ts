import { visibleText } from '../../render/token-text.ts';
import type { AdapterSurvival, Manifest, QuantizationError } from '../../export/folder/manifest.ts';
import { columns } from '../columns.ts';
import { formatPercent } from '../units.ts';

/** Cosine between the change that is stored and the change that was meant, from which it counts as kept. */
const SURVIVES = 0.9;
const PARTLY_SURVIVES = 0.5;

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

/** What the owner of an adapter must know before using the export: the changes that quantisation rounded away. */
export function survivalWarnings(manifest: Pick<Manifest, 'quantization' | 'adapterSurvival'>): string[] {
  const survival = manifest.adapterSurvival ?? [];
  const lost = survival.filter(({ cosine }) => cosine !== null && cosine < PARTLY_SURVIVES);
  const warnings = lost.map(({ kind, bits, cosine }) => {
    const remedy =
      bits === 4 ? 'Export both models with --bits 8, or train a stronger adapter' : 'Train a stronger adapter';
    return `The ${kind} part of the LoRA is smaller than the ${bits}-bit rounding step: cosine ${cosine?.toFixed(2)}. ${remedy}.`;
  });
  if (survival.length > 0 && survival.every(({ cosine }) => cosine === null)) {
    warnings.push('The adapter changes no weight: the export equals its base.');
  }
  return warnings;
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
  const rows = survival.map(({ kind, weights, bits, cosine, normRatio }) => [
    kind,
    String(weights),
    format(bits),
    cosine === null ? '' : cosine.toFixed(2),
    normRatio === null ? '' : normRatio.toFixed(2),
    survivalVerdict(cosine),
  ]);
  return columns(
    [['LoRA change', 'weights', 'stored as', 'cosine', 'norm', 'verdict'], ...rows],
    ['left', 'right', 'left', 'right', 'right', 'left'],
  );
}

function survivalVerdict(cosine: number | null): string {
  if (cosine === null) return 'no change';
  if (cosine >= SURVIVES) return 'survives';
  return cosine >= PARTLY_SURVIVES ? 'partly' : 'mostly lost';
}

function storedAs(bits: number, blockSize: number): string {
  return bits >= 16 ? `f${bits}` : `${bits}-bit, block ${blockSize}`;
}

/** `L-4 mlp.experts.71.down_proj` for `model.layers.3.mlp.experts.71.down_proj.weight`: layers count from 1 here. */
function shortWeightName(name: string): string {
  const [, layer, rest] = /^model\.layers\.(\d+)\.(.+?)(?:\.weight)?$/.exec(name) ?? [];
  return visibleText(layer === undefined ? name : `L-${Number(layer) + 1} ${rest}`);
}

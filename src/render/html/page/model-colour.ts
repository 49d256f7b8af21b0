import type { ModelData } from '../page-data.ts';

/** The accent of a model, as the style sheet names it. */
export function colourOf({ label }: ModelData): 'base' | 'ft' {
  return label === 'Fine-tune' ? 'ft' : 'base';
}

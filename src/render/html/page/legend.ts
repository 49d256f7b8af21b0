import { element } from './dom.ts';
import { STEPS } from './scale.ts';
import type { Scale } from './scale.ts';

/** An end of a scale in words: two decimals, or one digit of what is smaller than they can say. */
export function scaleEnd(value: number): string {
  return value >= 0.01 ? value.toFixed(2) : value.toPrecision(1);
}

/** The nine colours of a scale between the words for its ends. */
export function legend(scale: Scale, low: string, high: string): HTMLElement {
  const swatches = Array.from({ length: STEPS }, (_, step) => {
    const swatch = element('span', { class: 'swatch' });
    swatch.style.background = `var(--${scale}-${step})`;
    return swatch;
  });
  return element(
    'span',
    { class: 'legend' },
    `${low} `,
    element('span', { 'aria-hidden': 'true' }, ...swatches),
    ` ${high}`,
  );
}

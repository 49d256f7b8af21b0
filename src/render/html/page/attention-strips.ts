import type { Column } from '../page-data.ts';
import { largestWeight, signedShare, weightChange } from './attention-view.ts';
import type { AttentionView } from './attention-view.ts';
import type { Colours, Swatch } from './colours.ts';
import { element } from './dom.ts';
import { legend, scaleEnd } from './legend.ts';
import type { PageReport } from './report.ts';
import { stepOf } from './scale.ts';
import type { Scale } from './scale.ts';

/**
 * The prompt, each token shaded by its weight, for both models and their difference.
 * @param head undefined for the mean over heads
 */
export function attentionStrips(
  report: PageReport,
  { sides }: AttentionView,
  head: number | undefined,
  { scale: swatches }: Colours,
): HTMLElement[] {
  const columns = sides.map(({ label, attention }) => ({
    label,
    weights: (head === undefined ? undefined : attention.heads[head]?.weights) ?? attention.weights,
  }));
  const high = Math.max(...columns.map(({ weights }) => largestWeight(weights)));
  const strips = columns.map(({ label, weights }) =>
    strip(
      report,
      label,
      'value',
      weights,
      (weight) => weight / high,
      legend('value', '0', scaleEnd(high)),
      swatches.value,
    ),
  );
  const [base, ft] = columns;
  if (base === undefined || ft === undefined) return strips;
  const change = weightChange(base.weights, ft.weights);
  const farthest = largestWeight(change.map(Math.abs));
  const toShare = (value: number): number => signedShare(value, farthest);
  const scale = legend('signed', `−${scaleEnd(farthest)}`, `+${scaleEnd(farthest)}`);
  return [...strips, strip(report, 'Fine-tune − base', 'signed', change, toShare, scale, swatches.signed)];
}

function strip(
  report: PageReport,
  label: string,
  scale: Scale,
  values: Column,
  toShare: (value: number) => number,
  legendOf: HTMLElement,
  swatches: readonly Swatch[],
): HTMLElement {
  const tokens = values.map((value, position) => {
    const shown = value ?? 0;
    const text = scale === 'signed' && shown > 0 ? `+${shown.toFixed(3)}` : shown.toFixed(3).replace('-', '−');
    const token = element(
      'span',
      { class: 'token shaded', title: `position ${position}: ${text}` },
      report.promptText(position),
      element('small', {}, text),
    );
    const swatch = swatches[stepOf(toShare(shown))];
    if (swatch !== undefined) Object.assign(token.style, { background: swatch.fill, color: swatch.text });
    return token;
  });
  return element(
    'figure',
    { class: 'strip' },
    element('figcaption', {}, element('b', {}, label), legendOf),
    element('p', {}, ...tokens),
  );
}

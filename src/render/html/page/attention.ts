import { divergence } from '../../../report/numbers.ts';
import type { AttentionData, Column, PageData } from '../page-data.ts';
import type { Appearance } from './appearance.ts';
import type { Colours, Swatch } from './colours.ts';
import { element, section } from './dom.ts';
import { legend } from './legend.ts';
import type { PageReport } from './report.ts';
import { stepOf } from './scale.ts';
import type { Scale } from './scale.ts';

/** Where one layer looks from one position: the prompt, each token shaded by its weight, of both models and their difference. */
export function attention(report: PageReport, appearance: Appearance): HTMLElement {
  const { models, change } = report.data;
  const views = models.flatMap(({ label, attention: view }) => (view === null ? [] : [{ label, view }]));
  const [first] = views;
  if (first === undefined)
    return section('attention', 'Attention', element('p', {}, 'The model gives no attention weights.'));
  const { layer, queryPosition } = first.view;
  const strips = element('div');
  const heads = element(
    'select',
    { id: 'select-heads' },
    ...headNames(first.view).map((name) => element('option', {}, name)),
  );
  const draw = (colours: Colours): void => {
    const columns = views.map(({ label, view }) => ({ label, weights: weightsOf(view, heads.selectedIndex) }));
    strips.replaceChildren(...stripsOf(report, columns, colours));
  };
  heads.addEventListener('change', () => draw(appearance.colours));
  appearance.follow(draw);
  const entropies = views.map(({ label, view }) => `entropy ${label.toLowerCase()} ${view.entropy.toFixed(2)} nats`);
  const facts = [...entropies, ...difference(change)].join(' · ');
  const choice = first.view.heads.length === 0 ? [] : [element('label', { for: heads.id }, 'Show ', heads)];
  return section(
    'attention',
    `Attention of L-${layer} from position ${queryPosition}`,
    element('p', { class: 'note muted' }, `mean over heads: ${facts}`),
    ...choice,
    strips,
  );
}

function difference(change: PageData['change']): string[] {
  return change === null || change.attentionJs === null ? [] : [`JS ${divergence(change.attentionJs)}`];
}

function headNames({ heads }: AttentionData): string[] {
  return ['mean of heads', ...heads.map((_, head) => `head ${head}`)];
}

function weightsOf({ weights, heads }: AttentionData, chosen: number): Column {
  return heads[chosen - 1] ?? weights;
}

function stripsOf(
  report: PageReport,
  columns: readonly { readonly label: string; readonly weights: Column }[],
  { scale: swatches }: Colours,
): HTMLElement[] {
  const high = Math.max(...columns.map(({ weights }) => largest(weights)));
  const strips = columns.map(({ label, weights }) =>
    strip(
      report,
      label,
      'value',
      weights,
      (weight) => weight / high,
      legend('value', '0', high.toFixed(2)),
      swatches.value,
    ),
  );
  const [base, ft] = columns;
  if (base === undefined || ft === undefined) return strips;
  const change = ft.weights.map((weight, position) => (weight ?? 0) - (base.weights[position] ?? 0));
  const farthest = largest(change.map(Math.abs));
  const toShare = (value: number): number => (farthest === 0 ? 0.5 : 0.5 + value / farthest / 2);
  const scale = legend('signed', `−${farthest.toFixed(2)}`, `+${farthest.toFixed(2)}`);
  return [...strips, strip(report, 'Fine-tune − base', 'signed', change, toShare, scale, swatches.signed)];
}

/** The largest weight, without position 0 where there are others: it is an attention sink. */
function largest(weights: Column): number {
  const others = weights.length > 1 ? weights.slice(1) : weights;
  return others.reduce<number>((most, weight) => Math.max(most, weight ?? 0), 0) || 1e-9;
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

import { divergence, percent } from '../../../report/numbers.ts';
import type { Appearance } from './appearance.ts';
import { attentionCharts } from './attention-charts.ts';
import { HeadViews } from './attention-heads.ts';
import { attentionStrips } from './attention-strips.ts';
import { attentionViews, headNumbers } from './attention-view.ts';
import type { AttentionView } from './attention-view.ts';
import { chartRow } from './chart-row.ts';
import { element, section } from './dom.ts';
import { DrawnWhenSeen } from './drawn-when-seen.ts';
import type { PageReport } from './report.ts';
import type { Selection } from './selection.ts';

/**
 * Where the layers look from one position: the selected layer when it is listed, else the one selected before it. Its
 * heads, when they are listed, are rows.
 */
export function attention(report: PageReport, selection: Selection, appearance: Appearance): HTMLElement {
  const views = attentionViews(report);
  const last = views.at(-1);
  if (last !== undefined) return new Attention(report, selection, appearance, views, last).element;
  return section('attention', 'Attention', element('p', {}, 'The model gives no attention weights.'));
}

class Attention {
  readonly element = element('section', { id: 'attention', 'aria-label': 'Attention' });
  readonly #report: PageReport;
  readonly #appearance: Appearance;
  readonly #views: readonly AttentionView[];
  readonly #heading = element('h2');
  readonly #facts = element('p', { class: 'note muted' });
  readonly #strips = element('div');
  readonly #heads: HeadViews;
  readonly #layerChoice: HTMLSelectElement;
  readonly #headChoice: HTMLSelectElement;
  #view: AttentionView;
  /** undefined for the mean over heads */
  #head: number | undefined;

  constructor(
    report: PageReport,
    selection: Selection,
    appearance: Appearance,
    views: readonly AttentionView[],
    last: AttentionView,
  ) {
    [this.#report, this.#appearance, this.#views, this.#view] = [report, appearance, views, last];
    this.#heads = new HeadViews(report, (head) => this.#chooseHead(head));
    const layerNames = views.map(({ layer }) => `L-${layer}`);
    this.#layerChoice = choice('select-attention', layerNames, (i) =>
      selection.move({ row: report.data.layers.indexOf(views[i]?.layer ?? -1), pinned: true }),
    );
    const heads = Math.max(...views.map((view) => headNumbers(view).length));
    const headNames = ['mean of heads', ...Array.from({ length: heads }, (_, head) => `head ${head}`)];
    this.#headChoice = choice('select-heads', headNames, (i) => this.#chooseHead(i === 0 ? undefined : i - 1));
    const charts = attentionCharts(report, views);
    const choices = [
      ...(views.length > 1 ? [labelled('Layer ', this.#layerChoice)] : []),
      ...(heads > 0 ? [labelled('Show ', this.#headChoice)] : []),
    ];
    this.element.append(
      this.#heading,
      ...(choices.length > 0 ? [element('div', { class: 'controls' }, ...choices)] : []),
      this.#facts,
      ...(views.length > 1 ? [chartRow(report, selection, appearance, () => charts)] : []),
      this.#strips,
      this.#heads.element,
    );
    const drawing = new DrawnWhenSeen(this.element, () => this.#draw());
    // Maps take the width of the page, in which they do not stand yet.
    queueMicrotask(() => {
      appearance.follow(() => drawing.now());
      selection.follow(({ row }) => {
        const selected = views.find(({ layer }) => layer === report.data.layers[row]);
        if (selected === undefined || selected === this.#view) return;
        this.#view = selected;
        this.#say();
        drawing.change();
      });
    });
  }

  #chooseHead(head: number | undefined): void {
    this.#head = head;
    this.#drawHead();
  }

  /** Everything in words, which costs nothing. */
  #say(): void {
    this.#heading.textContent = `Attention of L-${this.#view.layer} from position ${this.#view.queryPosition}`;
    this.#layerChoice.selectedIndex = this.#views.indexOf(this.#view);
    this.#headChoice.selectedIndex = this.#head === undefined ? 0 : this.#head + 1;
    this.#facts.textContent = factsOf(this.#view, this.#head);
  }

  #draw(): void {
    this.#heads.draw(this.#view, this.#appearance.colours);
    this.#drawHead();
  }

  #drawHead(): void {
    this.#say();
    this.#strips.replaceChildren(...attentionStrips(this.#report, this.#view, this.#head, this.#appearance.colours));
    this.#heads.select(this.#head);
  }
}

function labelled(words: string, select: HTMLSelectElement): HTMLElement {
  return element('label', { for: select.id }, words, select);
}

function choice(id: string, names: readonly string[], choose: (index: number) => void): HTMLSelectElement {
  const select = element('select', { id }, ...names.map((name) => element('option', {}, name)));
  select.addEventListener('change', () => choose(select.selectedIndex));
  return select;
}

/** Entropy, sink share and difference of what the strips show. */
function factsOf({ sides, js, floorJs, headJs }: AttentionView, head: number | undefined): string {
  const facts = sides.flatMap(({ label, attention: mean }) => {
    const shown = head === undefined ? mean : mean.heads[head];
    const name = sides.length === 1 ? '' : ` ${label.toLowerCase()}`;
    return [
      shown?.entropy === undefined || shown.entropy === null ? '' : `entropy${name} ${shown.entropy.toFixed(2)} nats`,
      `on position 0${name} ${percent(shown?.weights[0] ?? 0)}`,
    ];
  });
  const change = head === undefined ? js : (headJs[head] ?? null);
  const floor = head === undefined && floorJs !== null ? `floor ${divergence(floorJs)}` : '';
  const words = [...facts, change === null ? '' : `JS ${divergence(change)}`, floor].filter((fact) => fact !== '');
  return `${head === undefined ? 'mean over heads' : `head ${head}`}: ${words.join(' · ')}`;
}

import type { Column, ModelData } from '../page-data.ts';
import type { Colours } from './colours.ts';
import { element } from './dom.ts';
import { Heatmap } from './heatmap.ts';
import type { HeatmapContent } from './heatmap.ts';
import { legend } from './legend.ts';
import { largestChange, loadChangeMap, loadMap } from './load-map.ts';
import { colourOf } from './model-colour.ts';
import type { PageReport } from './report.ts';

const HEIGHT = 300;

export interface LoadPanel {
  readonly figure: HTMLElement;
  readonly heatmap: Heatmap;
  readonly paint: (colours: Colours) => void;
}

/** The load of the experts over several positions: of each model, and what changes. None where it is not known. */
export function loadPanels(report: PageReport): LoadPanel[] {
  const { models, change } = report.data;
  const loads = models.flatMap((model) => (model.load === null ? [] : [{ model, counts: model.load.assignments }]));
  const most = loads
    .flatMap(({ counts }) => counts)
    .reduce<number>((largest, count) => Math.max(largest, count ?? 0), 1);
  const panels = loads.map(({ model, counts }) =>
    panel(loadTitle(model), legend('value', '0', `${most} times`), loadMap(report, counts, most)),
  );
  const [base, ft] = loads;
  if (change === null || base === undefined || ft === undefined) return panels;
  return [...panels, changePanel(report, base.counts, ft.counts)];
}

function loadTitle(model: ModelData): HTMLElement {
  return element('b', { class: colourOf(model) }, `Load, ${model.label.toLowerCase()}`);
}

function changePanel(report: PageReport, base: Column, ft: Column): LoadPanel {
  const most = largestChange(base, ft);
  const title = element('b', {}, 'Load, ft − base');
  const key = legend('signed', `−${most}`, `+${most}`);
  return panel(title, key, loadChangeMap(report, base, ft, most));
}

function panel(title: HTMLElement, key: HTMLElement, content: HeatmapContent): LoadPanel {
  const heatmap = new Heatmap(HEIGHT);
  return {
    figure: element('figure', { class: 'panel' }, element('figcaption', {}, title, key), heatmap.element),
    heatmap,
    paint: (colours) => heatmap.paint(content, colours),
  };
}

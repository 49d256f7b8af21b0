import type { PageData } from '../page-data.ts';
import { Appearance } from './appearance.ts';
import { attention } from './attention.ts';
import { card } from './card.ts';
import { crossHead } from './cross-head.ts';
import { curves } from './curves.ts';
import { Generation } from './generation.ts';
import { layerTable } from './layer-table.ts';
import { maps } from './maps.ts';
import { predictions } from './predictions.ts';
import { prompt } from './prompt.ts';
import { PageReport } from './report.ts';
import { routing } from './routing.ts';
import { Selection } from './selection.ts';
import { tracked } from './tracked.ts';
import { trackedSets } from './tracked-sets.ts';

const data = JSON.parse(document.getElementById('data')?.textContent ?? '') as PageData;
const reading = document.getElementById('reading');
if (reading !== null && data.positions.length > 0 && data.layers.length > 0) draw(reading, data);

/** The reading of the prompt, and, where models wrote on, the choice of another. */
function draw(place: HTMLElement, { generation: written }: PageData): void {
  const appearance = new Appearance(document.getElementById('theme'));
  const pages = [data, ...(written?.continuations.map(({ page }) => page) ?? [])];
  const show = (page: number, column?: number): void => {
    const report = new PageReport(pages[page] ?? data);
    // The answer: the last layer at the last position.
    const selection = new Selection({ column: column ?? report.columns - 1, row: report.rows - 1 });
    appearance.restart();
    place.replaceChildren(...sectionsOf(report, selection, appearance));
    panel?.follow(page, selection);
  };
  const panel = written === null ? undefined : new Generation(written, show);
  if (panel !== undefined) place.before(panel.element);
  show(0);
}

/** Every part of the reading in its order; each follows the selected cell and the appearance by itself. */
function sectionsOf(shown: PageReport, selection: Selection, appearance: Appearance): HTMLElement[] {
  const { models } = shown.data;
  const hasRouting = models.some(({ routing: each }) => each !== null);
  const hasTracked = models.some(({ tracked: each }) => each.length > 0);
  return [
    prompt(shown, selection),
    maps(shown, selection, appearance),
    card(shown, selection),
    curves(shown, selection, appearance),
    layerTable(shown, selection),
    ...(hasRouting ? [routing(shown, selection, appearance)] : []),
    predictions(shown, selection),
    ...(hasTracked ? [tracked(shown, selection, appearance)] : []),
    ...(shown.data.trackedSets.length > 0 ? [trackedSets(shown, selection)] : []),
    attention(shown, selection, appearance),
    ...(shown.data.crossHead === null ? [] : [crossHead(shown, shown.data.crossHead, selection, appearance)]),
  ];
}

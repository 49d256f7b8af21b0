import type { PageData } from '../page-data.ts';
import { Appearance } from './appearance.ts';
import { attention } from './attention.ts';
import { card } from './card.ts';
import { curves } from './curves.ts';
import { layerTable } from './layer-table.ts';
import { maps } from './maps.ts';
import { predictions } from './predictions.ts';
import { prompt } from './prompt.ts';
import { PageReport } from './report.ts';
import { routing } from './routing.ts';
import { Selection } from './selection.ts';
import { tracked } from './tracked.ts';

const report = new PageReport(JSON.parse(document.getElementById('data')?.textContent ?? '') as PageData);
if (report.columns > 0 && report.rows > 0) document.getElementById('reading')?.append(...sectionsOf(report));

/** Every part of the page in its order; each follows the selected cell and the appearance by itself. */
function sectionsOf(shown: PageReport): HTMLElement[] {
  const { models } = shown.data;
  const appearance = new Appearance(document.getElementById('theme'));
  // The answer: the last layer at the last position.
  const selection = new Selection({ column: shown.columns - 1, row: shown.rows - 1 });
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
    attention(shown, appearance),
  ];
}

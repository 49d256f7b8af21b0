import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { renderCsv } from '../../../src/render/csv.ts';
import { renderHtml } from '../../../src/render/html.ts';
import { renderJson } from '../../../src/render/json.ts';
import { renderTable, type TableView } from '../../../src/render/table.ts';
import { decodeUtf8 } from '../../../src/read-text-file.ts';
import { parseReport } from '../../../src/cli/run/render.ts';
import { samplePair } from '../../render/sample-report.ts';
import { editedBytes } from '../edits/bytes.ts';
import { editedJson } from '../edits/json.ts';
import { isObeyed } from '../obeyed.ts';
import type { FuzzTarget } from '../target.ts';
import { utf8 } from './folder.ts';

const VIEWS: readonly Partial<TableView>[] = [
  { width: 80 },
  { width: 160, layers: 'fold', terminal: true },
  { width: undefined, ascii: true },
  { accessible: true },
];
const code = { script: { text: '', sha256: '' }, style: { text: '', sha256: '' } };

/** Reads a saved report and writes it in every form. */
function renderAll(file: Uint8Array): void {
  const report = parseReport(decodeUtf8(file, 'report.json'), 'report.json');
  for (const view of VIEWS) {
    const text = renderTable(report, {
      width: 100,
      colour: 0,
      ascii: false,
      accessible: false,
      layers: 'all',
      terminal: false,
      ...view,
    });
    if (isObeyed(text, { columns: view.terminal ?? false })) throw new Error('A terminal would obey this.');
  }
  renderCsv(report);
  renderJson(report);
  if (/<(?:script|img|svg)[^>]*evil/i.test(renderHtml(report, code))) throw new Error('Text became markup.');
}

/** A few layers say as much as 49, and are drawn ten times as fast. */
const LAYERS = 5;
const short = JSON.stringify(samplePair(), (key, value: unknown) => {
  if (key === 'layers' && typeof value === 'number') return LAYERS;
  if (key === 'layer' && typeof value === 'number') return Math.min(value, LAYERS);
  if (key === 'commitLayer') return LAYERS;
  return (key === 'layers' || key === 'routing') && Array.isArray(value) ? value.slice(0, LAYERS + 1) : value;
});

/**
 * A report with every section, of a model of two layers: analyze "You are a fox" --base B --ft F --floor B8
 * --positions 0,-1 --heads --cross-head --attention-layers all --track fox -k 2 --final-top 2 --attention-top 2
 * --generate 2, where B, F and B8 are exports of fixtures/tiny-v5, of it with adapters/tiny-v5/fused, and of it at 8 bits.
 */
const full = readFileSync(new URL('../../fixtures/report/every-section.json', import.meta.url), 'utf8').trim();

export const reportTargets: readonly FuzzTarget[] = [
  {
    name: 'report',
    valid: [utf8(short), utf8(full)],
    damaged: fc.oneof(
      { weight: 4, arbitrary: editedJson(short).map(utf8) },
      { weight: 5, arbitrary: editedJson(full).map(utf8) },
      { weight: 1, arbitrary: editedBytes(utf8(short)) },
    ),
    batch: 100,
    read: renderAll,
  },
];

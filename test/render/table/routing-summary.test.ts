import { describe, expect, it } from 'vitest';
import { renderTable } from '../../../src/render/table.ts';
import type { TableView } from '../../../src/render/table.ts';
import type { Report } from '../../../src/report/schema.ts';
import { largeReport } from '../html/large-report.ts';
import { samplePair } from '../sample-report.ts';

const VIEW: TableView = { width: 100, colour: 0, ascii: false, accessible: false, layers: 'fold', terminal: false };
const SIZE = { positions: 5, layers: 6, experts: 16, expertsPerToken: 4 };

/** The lines of a text from the summary of its routing to the next section. */
function summaryOf(report: Report, view: Partial<TableView> = {}): string[] {
  const lines = renderTable(report, { ...VIEW, ...view }).split('\n');
  const start = lines.findLastIndex((line) => line.startsWith('Routing '));
  return lines.slice(start, lines.indexOf('', start));
}

describe('routing over several positions', () => {
  it.each([60, 80, 100, 160])('at %i columns', async (width) => {
    await expect(summaryOf(largeReport(SIZE), { width }).join('\n')).toMatchFileSnapshot(
      `../snapshots/routing-summary-${width}.txt`,
    );
  });

  it('in ASCII', () => {
    const lines = summaryOf(largeReport(SIZE), { ascii: true });
    expect(lines.join('')).toMatch(/^[ -~]*$/);
    expect(lines.join('')).toMatch(/ \(\d+->\d+\)/);
  });

  it('stands before the checks, after everything about single positions', () => {
    const text = renderTable(largeReport(SIZE), VIEW);
    expect(text.lastIndexOf('\nRouting ')).toBeGreaterThan(text.indexOf('\nAttention'));
    expect(text.lastIndexOf('\nRouting ')).toBeLessThan(text.indexOf('\nChecks'));
  });

  it('says that nothing moved', () => {
    const report = largeReport(SIZE);
    if (report.comparison?.routing) report.comparison.routing.largestShifts = [];
    expect(summaryOf(report).join(' ')).toMatch(/; no shift in any layer$/);
  });

  it.each(['single', 'identical'])('is the load of one model in a report of a %s model', (kind) => {
    const { comparison, models, ...report } = largeReport(SIZE);
    const same = comparison && { ...comparison, identical: true };
    const lines = summaryOf(
      kind === 'single' ? { ...report, models: { base: models.base } } : { ...report, models, comparison: same! },
    );
    expect(lines).toHaveLength(6);
    expect(lines.slice(0, 2).join(' ')).toMatch(/experts chosen over positions 1 to 4 .* most uneven/);
    // The least entropy first; experts by how often they are chosen.
    expect(lines[2]).toMatch(/^ {2}L-6 {3}H 2\.72 {2}most \d+ \(\d+x\) \d+ \(\d+x\), \d+ of 16 never$/);
  });

  it.each([
    ['one position', samplePair()],
    ['a dense model', largeReport({ ...SIZE, experts: 0, expertsPerToken: 0 })],
  ])('says nothing of %s', (_, report) => {
    expect(renderTable(report, VIEW)).not.toMatch(/over positions|chosen over/);
    expect(renderTable(report, { ...VIEW, accessible: true })).not.toMatch(/^Over |chosen over/m);
  });

  it('is a sentence for screen readers', () => {
    const text = renderTable(largeReport(SIZE), { ...VIEW, accessible: true });
    expect(text).toMatch(
      /^Over positions 1 to 4 \(without 0, the usual attention sink\), routing moves most in L-\d: \d\.\d of 4 experts shared on average, mean divergence 0\.\d+\.$/m,
    );
  });
});

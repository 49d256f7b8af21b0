import { describe, expect, it } from 'vitest';
import { renderCsv } from '../../../src/render/csv.ts';
import type { Report } from '../../../src/report/schema.ts';
import { largeReport } from '../html/large-report.ts';
import { parseCsv } from '../parse-csv.ts';
import { samplePair } from '../sample-report.ts';
import { withSets } from '../with-sets.ts';

const rowsOf = (report: Report, statistic: string) =>
  parseCsv(renderCsv(report)).filter((row) => row['statistic'] === statistic);

describe('the CSV of routing over several positions', () => {
  const report = largeReport({ positions: 4, layers: 3, experts: 8, expertsPerToken: 2 });

  it('counts every expert of every block', () => {
    const counts = rowsOf(report, 'expertLoad.assignments').filter((row) => row['model'] === 'ft');
    expect(counts.map((row) => [row['layer'], row['key'], row['value'], row['position']])).toEqual(
      report.models.ft?.expertLoad?.flatMap(({ layer, assignments }) =>
        assignments.map((count, expert) => [String(layer), String(expert), String(count), '']),
      ),
    );
    expect(rowsOf(report, 'expertLoad.entropyNats')).toHaveLength(6);
  });

  it.each(['meanShared', 'meanJaccard', 'meanJsNats', 'entropyDeltaNats', 'loadJsNats'] as const)('has %s', (name) => {
    expect(rowsOf(report, `routing.${name}`).map((row) => [row['layer'], Number(row['value'])])).toEqual(
      report.comparison?.routing?.layers.map((row) => [String(row.layer), row[name]]),
    );
  });

  it('has none of it for one position', () => {
    expect(rowsOf(samplePair(), 'expertLoad.assignments')).toEqual([]);
    expect(rowsOf(samplePair(), 'routing.meanShared')).toEqual([]);
  });
});

describe('the CSV of tracked sets', () => {
  const report = withSets(samplePair(), [
    { name: '=me', tokens: [' me', '=me'] },
    { name: 'I,my', tokens: ['I', 'my'] },
  ]);

  it('says which tokens each set holds', () => {
    expect(rowsOf(report, 'settings.trackedSets.name').map((row) => [row['key'], row['text']])).toEqual([
      ['1', "'=me"],
      ['2', 'I,my'],
    ]);
    expect(rowsOf(report, 'settings.trackedSets.tokens').map((row) => [row['key'], row['id'], row['text']])).toEqual([
      ['1', '5000', ' me'],
      ['1', '5001', "'=me"],
      ['2', '5100', 'I'],
      ['2', '5101', 'my'],
    ]);
  });

  it('has probability, best rank and best token of every set in every row', () => {
    const { layers } = report.models.ft?.positions[0] ?? report.models.base.positions[0]!;
    const ofFt = (statistic: string, set: number) =>
      rowsOf(report, statistic).filter((row) => row['model'] === 'ft' && row['key'] === String(set));
    expect(ofFt('trackedSets.prob', 2).map((row) => Number(row['value']))).toEqual(
      layers.map((row) => row.trackedSets?.[1]?.prob),
    );
    expect(ofFt('trackedSets.bestRank', 1).map((row) => [Number(row['value']), Number(row['id'])])).toEqual(
      layers.map((row) => [row.trackedSets?.[0]?.bestRank, row.trackedSets?.[0]?.bestId]),
    );
    expect(ofFt('trackedSets.bestRank', 1)[1]).toMatchObject({ position: '9', layer: '1', text: "'=me" });
  });
});

import { describe, expect, it } from 'vitest';
import { routingOverPositions } from '../../../src/report/verdict/routing.ts';
import { verdictOf } from '../../../src/report/verdict.ts';
import { largeReport } from '../../render/html/large-report.ts';
import { samplePair, sampleSingle } from '../../render/sample-report.ts';

const SIZE = { positions: 4, layers: 3, experts: 8, expertsPerToken: 2 };

describe('routing over all positions', () => {
  it('is said for the layer with the largest mean', () => {
    const report = largeReport(SIZE);
    const [largest = 0] = report.comparison?.routing?.largestShifts ?? [];
    const row = report.comparison?.routing?.layers[largest - 1];
    const mean = `on average ${row?.meanShared.toFixed(1)} of 2 experts shared, JS ${row?.meanJsNats.toFixed(4)}`;
    const sentence = `Over positions 1 to 3 (without 0, the usual attention sink) routing moves most in L-${largest} (${mean}).`;
    expect(routingOverPositions(report)).toBe(sentence);
    const wording = { quote: (text: string) => text, plain: (text: string) => text };
    expect(verdictOf(report, wording).sentences).toContain(sentence);
  });

  it('is not said where nothing moved, of one position, nor of one model', () => {
    const report = largeReport(SIZE);
    if (report.comparison?.routing) report.comparison.routing.largestShifts = [];
    expect(routingOverPositions(report)).toBeUndefined();
    expect(routingOverPositions(samplePair())).toBeUndefined();
    expect(routingOverPositions(sampleSingle())).toBeUndefined();
  });
});

import { expect, it } from 'vitest';
import { meanFloorRouting } from '../../src/report/floor-routing.ts';
import type { FloorReport } from '../../src/report/schema.ts';
import { largeReport } from '../render/html/large-report.ts';

const { comparison } = largeReport({ positions: 3, layers: 2, experts: 8, expertsPerToken: 2 });

/** The floor's rows at a position; layer 0 has no routing. */
const at = (position: number, js: readonly number[]): FloorReport['positions'][number] => ({
  position,
  layers: [null, ...js].map((jsNats, layer) => ({
    layer,
    jsNats: 0,
    klFloorBaseNats: 0,
    klBaseFloorNats: 0,
    sameTop1: true,
    residualCosine: 1,
    residualRelativeL2: 0,
    routing: jsNats === null ? null : { jaccard: 1, jsNats },
  })),
  answer: { id: 1, text: 'a', prob: 1 },
});

it('is the mean over the positions of the summary, without the first', () => {
  const floor = { positions: [at(0, [0.6, 0.6]), at(1, [0.25, 0]), at(2, [0.125, 0.5])] } as FloorReport;
  expect([...meanFloorRouting({ routing: comparison!.routing, floor })]).toEqual([
    [1, 0.1875],
    [2, 0.25],
  ]);
});

it('is empty without a floor, and where nothing was summed up', () => {
  expect(meanFloorRouting({ routing: comparison!.routing }).size).toBe(0);
  expect(meanFloorRouting({ floor: { positions: [at(0, [0.1, 0.1])] } as FloorReport }).size).toBe(0);
});

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/analysis/engine/engine.ts';
import { openModel, type OpenModel } from '../../src/analysis/model/open-model.ts';
import { passThrough } from '../../src/analysis/reading/forward-pass.ts';
import { planStages, type StagePlan } from '../../src/analysis/reading/plan-stages.ts';
import { prepareBackbone } from '../../src/analysis/reading/run-backbone.ts';
import { runStages } from '../../src/analysis/reading/run-stages.ts';
import { instrumentBackbone, LENS } from '../../src/analysis/surgery/instrument-backbone.ts';
import { built } from '../helpers/built.ts';

/** How a card is filled: two processes with half of the layers each. Here both compute on the CPU, which is the same code. */
describe('layers in two processes', () => {
  let engine: Engine;
  let model: OpenModel;
  beforeAll(async () => {
    const module = await built<typeof import('../../src/analysis/engine/engine.ts')>('analysis/engine/engine.js');
    engine = new module.Engine({ kind: 'cpu' }, undefined, 2);
    model = await openModel(fileURLToPath(new URL('../../models/base-int4', import.meta.url)));
  });
  afterAll(() => engine.close());

  it.each(['late', 'early'] as const)('give what one process gives, with rows picked %s', async (picking) => {
    const ids = Array.from({ length: 40 }, (_, i) => (i * 37 + 5) % 4000);
    const prepared = prepareBackbone('cuda', model, { ids, positions: [1, 39], options: {} });
    const instrumented = instrumentBackbone(model.model, model.anatomy, { device: 'cuda', picking });
    const backbone = { ...prepared, instrumented };
    const plan = await planStages('cuda', passThrough(backbone), ids.length);
    expect(plan.boundaries).toHaveLength(3);
    const read = async ({ boundaries, processes }: Pick<StagePlan, 'boundaries' | 'processes'>) => {
      const { result } = await runStages(
        engine,
        {
          model: backbone.instrumented.model,
          where: 'model.onnx',
          boundaries,
          processes,
          cpuStages: plan.cpuStages,
          options: { dataFolder: model.folder },
        },
        { feeds: backbone.feeds, fetch: new Set([LENS.residuals, LENS.logits, LENS.routerLogits, LENS.attention(8)]) },
      );
      return [LENS.residuals, LENS.logits, LENS.routerLogits, LENS.attention(8)].map((name) => result.floats(name));
    };
    const [one, two] = [await read({ boundaries: [], processes: [] }), await read(plan)];
    expect(two).toEqual(one);
  });

  it('keeps tensors of one process away from the other', async () => {
    expect(engine.processes).toBe(2);
    await expect(engine.drop([])).resolves.toBeUndefined();
  });
});

import { chooseDevice } from '../../src/analysis/device.ts';
import { Engine } from '../../src/analysis/engine/engine.ts';
import { type OpenModel, openModel } from '../../src/analysis/model/open-model.ts';
import { LensReader } from '../../src/analysis/reading/lens-reader.ts';
import type { BackboneStates } from '../../src/analysis/reading/run-backbone.ts';
import { ANALYZE_DEFAULTS } from '../../src/analysis/request.ts';
import { median } from '../bench/median.ts';
import { promptIds } from '../bench/prompt.ts';
import { HotBackbone } from './hot-backbone.ts';

/** Milliseconds of the first run with a number of tokens, and of the runs after it. */
export interface RunTimes {
  readonly first: number;
  /** The median. */
  readonly hot: number;
}

export interface HotRuns {
  readonly forward: readonly (RunTimes & { readonly tokens: number; readonly loadMs: number })[];
  /** Every layer of both models through the head, with the divergences between them. */
  readonly lens: RunTimes;
}

/**
 * Runs loaded models again and again: what a prompt costs when nothing has to be loaded any more. Only the last
 * position is read.
 */
export async function hotRuns(
  requested: 'cpu' | 'cuda',
  folders: readonly [base: string, ft: string],
  lengths: readonly number[],
  repeats: number,
): Promise<HotRuns> {
  const { device } = await chooseDevice(requested);
  const engine = new Engine(device);
  try {
    const [base, ft] = await Promise.all([openModel(folders[0]), openModel(folders[1])]);
    await engine.version();
    const baseRuns = [];
    for (const tokens of lengths) baseRuns.push(await forwardRuns(engine, base, tokens, repeats));
    const ftRun = await forwardRuns(engine, ft, lengths[0]!, 0);
    const views = [
      { name: 'base', model: base, states: baseRuns[0]!.states },
      { name: 'ft', model: ft, states: ftRun.states },
    ];
    const settings = { ...ANALYZE_DEFAULTS, tracked: [], trackedSets: [] };
    const reader = await LensReader.load(engine, { views, pairs: [['base', 'ft']], settings, options: {} });
    const chunk = { indices: [0], positions: [lengths[0]! - 1] };
    const lens = await timeRuns(repeats, () => reader.read(chunk));
    const forward = baseRuns.map(({ tokens, loadMs, first, hot }) => ({ tokens, loadMs, first, hot }));
    return { forward, lens: lens.times };
  } finally {
    await engine.close();
  }
}

async function forwardRuns(
  engine: Engine,
  model: OpenModel,
  tokens: number,
  repeats: number,
): Promise<HotRuns['forward'][number] & { readonly states: BackboneStates }> {
  const backbone = await HotBackbone.prepare(engine, model, promptIds(tokens, model.anatomy.vocabularySize));
  const { result, times } = await timeRuns(repeats, () => backbone.run());
  await backbone.release();
  const { loadMs } = backbone;
  return { tokens, loadMs, first: times.first - loadMs, hot: times.hot, states: result };
}

/** @returns the result of the first run */
async function timeRuns<Result>(
  repeats: number,
  run: () => Promise<Result>,
): Promise<{ result: Result; times: RunTimes }> {
  const timed = async (): Promise<{ result: Result; ms: number }> => {
    const start = performance.now();
    const result = await run();
    return { result, ms: performance.now() - start };
  };
  const first = await timed();
  const hot: number[] = [];
  for (let i = 0; i < repeats; i++) hot.push((await timed()).ms);
  return { result: first.result, times: { first: first.ms, hot: median(hot) } };
}

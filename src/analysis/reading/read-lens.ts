import type { Engine } from '../engine/engine.ts';
import type { SessionOptions } from '../engine/protocol.ts';
import type { CrossHeadReading } from '../lens/cross-head.ts';
import type { PairPositionReading } from '../lens/readings.ts';
import { type AnalyzeHooks, everyone, runPhase } from '../progress.ts';
import type { ViewPair } from '../surgery/lens-graph.ts';
import { chunksOf } from './chunks.ts';
import { crossHeadPositions, planCrossHead } from './cross-head.ts';
import type { LensSettings, LensView } from './lens-job.ts';
import { LensReader } from './lens-reader.ts';
import type { BackboneReading } from './read-backbones.ts';
import type { PositionRows } from './row-outputs.ts';

/** How states are read through the lens. */
export interface LensReadingJob {
  /** where the states' rows stand in the prompt */
  readonly positions: readonly number[];
  /** whether the states of base and ft also go through each other's head; they are the first two models */
  readonly crossHead?: boolean;
  readonly settings: LensSettings;
  readonly options: SessionOptions;
}

/** What the lens says of several models, and of every other beside the first. */
export interface LensReadings {
  /** by model, by position */
  readonly rows: readonly PositionRows[][];
  /** by model, without the first; by position */
  readonly pairs: readonly PairPositionReading[][];
  /** undefined when it was not asked for */
  readonly crossHead: CrossHeadReading | undefined;
  /** of all models together */
  readonly loadMs: number;
  readonly lensMs: number;
}

/** Reads the states of models through their heads, some positions at a time. Each is compared with the first. */
export async function readLens(
  engine: Engine,
  readings: readonly BackboneReading[],
  { positions, crossHead = false, settings, options }: LensReadingJob,
  hooks: AnalyzeHooks,
): Promise<LensReadings> {
  const [first, ...others] = readings as [BackboneReading, ...BackboneReading[]];
  const rowsEach = first.model.anatomy.residuals.length;
  const places = positions.length === 1 ? '1 position' : `${positions.length} positions`;
  const models = readings.map(({ side, model, states }): LensView => ({ name: side, model, states }));
  const [base, ft] = models;
  const cross = crossHead && base && ft ? planCrossHead(base, ft) : undefined;
  const views = [...models, ...(cross?.views ?? [])];
  const pairs = [...others.map(({ side }): ViewPair => [first.side, side]), ...(cross?.pairs ?? [])];
  const rows: PositionRows[][] = views.map(() => []);
  const compared: PairPositionReading[][] = pairs.map(() => []);
  // Logits that are in memory together are those of two views.
  const rowsAtOnce = rowsEach * Math.ceil(views.length / 2);

  const phase = { phase: 'lens', model: everyone(readings.length), detail: `${rowsEach} rows at ${places}` } as const;
  const { result, ms } = await runPhase(hooks, phase, async (running) => {
    const start = performance.now();
    const reader = await LensReader.load(engine, { views, pairs, settings, options });
    const loadMs = performance.now() - start;
    for (const indices of chunksOf(positions.length, rowsAtOnce, first.model.anatomy.vocabularySize)) {
      const chunk = { indices, positions: indices.map((index) => positions[index] as number) };
      const reading = await reader.read(chunk);
      for (const [i, read] of reading.rows.entries()) rows[i]?.push(...read);
      for (const [i, read] of reading.pairs.entries()) compared[i]?.push(...read);
      running.step(`${(indices.at(-1) as number) + 1} of ${places}`);
    }
    // Nobody waits for it: the engine does one thing after the other, and its failure is met by whoever asks next.
    reader.release().catch(() => undefined);
    return { loadMs };
  });
  return {
    rows,
    pairs: compared,
    crossHead: cross && {
      sameHead: cross.sameHead,
      positions: crossHeadPositions(rows.slice(models.length), compared.slice(others.length)),
    },
    loadMs: result.loadMs,
    lensMs: ms - result.loadMs,
  };
}

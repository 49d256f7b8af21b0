import type { Stage } from '../../../onnx/partition.ts';
import type { TensorValue } from '../../engine/protocol.ts';
import { topIndices } from '../../lens/distribution.ts';
import type { StageReadAhead } from '../run-stages.ts';
import type { PageCache } from './page-cache.ts';
import { type ByteRange, expertRanges, type ExpertStack, weightRanges } from './weight-ranges.ts';

/** With so many choices for each expert, nearly every expert is chosen: by chance all but one of 128. */
const CHOICES_PER_EXPERT = 4;

/**
 * Reads what a stage needs from the disk before it runs: weights that every run needs, while the stage before runs;
 * of the experts those that the tokens are sent to, as soon as their router has spoken. Stages must be cut after the
 * routers. What is in memory already is not read again.
 */
export class ReadAhead implements StageReadAhead {
  readonly #cache: Pick<PageCache, 'read'>;
  readonly #places: ReadonlyMap<string, ByteRange>;
  readonly #tokens: number;
  readonly #started = new Map<Stage, Promise<void>>();
  #next: Stage | undefined;

  /** @param places of all tensors in data files, by name; @param tokens of the prompt */
  constructor(cache: Pick<PageCache, 'read'>, places: ReadonlyMap<string, ByteRange>, tokens: number) {
    this.#cache = cache;
    this.#places = places;
    this.#tokens = tokens;
  }

  async beforeLoad(stage: Stage, next: Stage | undefined): Promise<void> {
    this.#next = next;
    await this.#start(stage);
  }

  async beforeRun(stage: Stage, values: ReadonlyMap<string, TensorValue>): Promise<void> {
    const routers = stage.receives.flatMap((name) => values.get(name) ?? []);
    const { stacks } = weightRanges(stage.graph, this.#places);
    await this.#cache.read(stacks.flatMap((stack) => chosenRanges(stack, routers)));
    if (this.#next) void this.#start(this.#next);
  }

  #start(stage: Stage): Promise<void> {
    const started = this.#started.get(stage);
    if (started) return started;
    const { whole, stacks } = weightRanges(stage.graph, this.#places);
    const allUsed = stacks.filter(({ experts, topK }) => this.#tokens * topK >= CHOICES_PER_EXPERT * experts);
    const reading = this.#cache.read([...whole, ...allUsed]);
    this.#started.set(stage, reading);
    return reading;
  }
}

/** @param routers logits, one for each model that runs // (..., experts) */
function chosenRanges(stack: ExpertStack, routers: readonly TensorValue[]): ByteRange[] {
  const { experts, topK } = stack;
  const chosen = new Set<number>();
  for (const { data, dims } of routers) {
    if (dims.at(-1) !== experts || !(data instanceof Float32Array)) continue;
    for (let row = 0; row < data.length; row += experts)
      for (const expert of topIndices(data.subarray(row, row + experts), topK)) chosen.add(expert);
  }
  return expertRanges(
    stack,
    [...chosen].sort((a, b) => a - b),
  );
}

import { DataType, type GraphBuilder } from '../../../onnx/graph-builder.ts';

/** Sums over the vocabulary run in two stages, over blocks of this many entries and then over the blocks. */
const BLOCK = 128;

/** The lowest finite f32: as a logit it has probability exactly 0, and no logit ranks below it. */
const LOWEST = -3.4028234663852886e38;

/** One softmax in parts, so that no probability has to be stored or taken the logarithm of. */
export interface Softmax {
  /** logits − their largest, at most 0 // (M, R, p, V) f32 */
  readonly shifted: string;
  /** e^shifted // (M, R, p, V) f32 */
  readonly exponentials: string;
  /** S = Σ e^shifted // (M, R, p, 1) f32 */
  readonly sum: string;
  /** ln S // (M, R, p, 1) f32 */
  readonly logSum: string;
  /** shifted logits of the largest entries, largest first // (M, R, p, k) f32 */
  readonly topShifted: string;
  /** ids of the same entries; equal ones by lower id on the CPU // (M, R, p, k) i64 */
  readonly topIds: string;
}

/**
 * Operations on tensors (models, rows, positions, vocabulary), here (M, R, p, V). The vocabulary is filled up to whole
 * blocks with entries of probability 0; V is the filled length.
 *
 * A plain f32 sum over 151,936 terms is 1.5e-4 off; block by block it is 2e-6 off and costs nothing more. Maxima are
 * found by TopK and counts summed as f32, exact below 2^24: every operator here has a kernel of its own on every device,
 * where ReduceMax and sums of integers would need cuDNN.
 */
export class StatisticsGraph {
  readonly builder: GraphBuilder;
  readonly #vocabulary: number;

  constructor(builder: GraphBuilder, vocabulary: number) {
    this.builder = builder;
    this.#vocabulary = vocabulary;
  }

  output(name: string, type: DataType, tensor: string): void {
    this.builder.node(`/outputs/${name}`, 'Identity', [tensor], { outputs: [name] });
    this.builder.output(name, type);
  }

  /** @param k how many of the largest entries are wanted */
  softmax(path: string, logits: string, k: number): Softmax {
    const filled = this.#fill(`${path}/filled`, logits);
    const top = this.#top(`${path}/top`, filled, k);
    const largest = this.builder.node(`${path}/largest`, 'Slice', [top.values, ...this.#first(1)]);
    const shifted = this.builder.node(`${path}/shifted`, 'Sub', [filled, largest]);
    const exponentials = this.builder.node(`${path}/Exp`, 'Exp', [shifted]);
    const sum = this.#sum(`${path}/sum`, exponentials);
    return {
      shifted,
      exponentials,
      sum,
      logSum: this.builder.node(`${path}/Log`, 'Log', [sum]),
      topShifted: this.builder.node(`${path}/topShifted`, 'Sub', [top.values, largest]),
      topIds: top.ids,
    };
  }

  /** The same softmax at one index of an axis, which stays as an axis of length 1. */
  pick(path: string, softmax: Softmax, axis: 'model' | 'row', index: number): Softmax {
    const attributes = { axis: axis === 'model' ? 0n : 1n };
    const part = (name: keyof Softmax) =>
      this.builder.node(`${path}/${name}`, 'Gather', [softmax[name], this.builder.int64s([index])], { attributes });
    return {
      shifted: part('shifted'),
      exponentials: part('exponentials'),
      sum: part('sum'),
      logSum: part('logSum'),
      topShifted: part('topShifted'),
      topIds: part('topIds'),
    };
  }

  /** Entropy in nats, H = ln S − Σ(e·z)/S with z the shifted logits // (M, R, p, 1) */
  entropy(path: string, softmax: Softmax): string {
    const mean = this.expectation(`${path}/mean`, softmax, softmax.shifted);
    return this.builder.node(`${path}/Sub`, 'Sub', [softmax.logSum, mean]);
  }

  /** Σ p·values // (M, R, p, 1) */
  expectation(path: string, p: Softmax, values: string): string {
    const terms = this.builder.node(`${path}/Mul`, 'Mul', [p.exponentials, values]);
    return this.builder.node(`${path}/Div`, 'Div', [this.#sum(`${path}/sum`, terms), p.sum]);
  }

  /** KL(p ‖ q) in nats; exactly 0 for equal logits // (M, R, p, 1) */
  divergence(path: string, p: Softmax, q: Softmax): string {
    const shifted = this.builder.node(`${path}/shifted`, 'Sub', [p.shifted, q.shifted]);
    const mean = this.expectation(`${path}/mean`, p, shifted);
    const logSums = this.builder.node(`${path}/logSums`, 'Sub', [q.logSum, p.logSum]);
    return this.builder.node(`${path}/Add`, 'Add', [mean, logSums]);
  }

  /** ln p − ln q, entry by entry // (M, R, p, V) */
  logRatio(path: string, p: Softmax, q: Softmax): string {
    const shifted = this.builder.node(`${path}/shifted`, 'Sub', [p.shifted, q.shifted]);
    const logSums = this.builder.node(`${path}/logSums`, 'Sub', [p.logSum, q.logSum]);
    return this.builder.node(`${path}/Sub`, 'Sub', [shifted, logSums]);
  }

  /** Probability of entries given by their shifted logits // (M, R, p, n) */
  probability(path: string, softmax: Softmax, shiftedEntries: string): string {
    const exponentials = this.builder.node(`${path}/Exp`, 'Exp', [shiftedEntries]);
    return this.builder.node(`${path}/Div`, 'Div', [exponentials, softmax.sum]);
  }

  /** The first of the largest entries // (M, R, p, k) → (M, R, p, 1) */
  topOne(path: string, top: string): string {
    return this.builder.node(path, 'Slice', [top, ...this.#first(1)]);
  }

  /** The same ids in every row // (M, 1, p, 1) i64 → (M, R, p, 1) i64 */
  inEveryRow(path: string, ids: string, rows: number): string {
    return this.builder.node(path, 'Expand', [ids, this.builder.int64s([1, rows, 1, 1])]);
  }

  /** The entry of one token in every row // (M, R, p, V), (M, R, p, 1) i64 → (M, R, p, 1) */
  entry(path: string, values: string, ids: string): string {
    return this.builder.node(path, 'GatherElements', [values, ids], { attributes: { axis: -1n } });
  }

  /** The entries of given tokens // (M, R, p, V) → (M, R, p, ids) */
  entries(path: string, values: string, ids: readonly number[]): string {
    return this.builder.node(path, 'Gather', [values, this.builder.int64s([...ids])], { attributes: { axis: -1n } });
  }

  /** The largest of some entries and its index; equal ones by lower index on the CPU // (…, n) → (…, 1) f32, i64 */
  largest(path: string, values: string): { value: string; index: string } {
    const { values: value, ids: index } = this.#top(path, values, 1);
    return { value, index };
  }

  /** How many entries lie above a bound // (M, R, p, V), (M, R, p, 1) → (M, R, p, 1) i64 */
  countAbove(path: string, values: string, bound: string): string {
    const above = this.builder.node(`${path}/Greater`, 'Greater', [values, bound]);
    const count = this.#sum(`${path}/sum`, this.#cast(`${path}/ones`, above, DataType.FLOAT));
    return this.#cast(`${path}/count`, count, DataType.INT64);
  }

  /** 1 + the number of larger entries; equal ones share the better rank. // (M, R, p, V), (M, R, p, 1) → (M, R, p, 1) i64 */
  rank(path: string, values: string, entry: string): string {
    return this.builder.node(`${path}/Add`, 'Add', [this.countAbove(path, values, entry), this.builder.int64s([1])]);
  }

  /** Largest |a − b|; exactly 0 if and only if they are equal // (…, n) → (…, 1) */
  largestDifference(path: string, a: string, b: string): string {
    const difference = this.builder.node(`${path}/Sub`, 'Sub', [a, b]);
    return this.#top(`${path}/largest`, this.builder.node(`${path}/Abs`, 'Abs', [difference]), 1).values;
  }

  /** The k largest entries. @returns their values and ids // (…, k) f32, i64 */
  #top(path: string, values: string, k: number): { values: string; ids: string } {
    const names = { values: `${path}/values`, ids: `${path}/ids` };
    this.builder.node(path, 'TopK', [values, this.builder.int64s([k])], { outputs: [names.values, names.ids] });
    return names;
  }

  /** Sum over the vocabulary in two stages // (M, R, p, V) → (M, R, p, 1) */
  #sum(path: string, terms: string): string {
    const blocks = this.builder.node(`${path}/Reshape`, 'Reshape', [terms, this.builder.int64s([0, 0, 0, -1, BLOCK])]);
    const last = this.builder.int64s([-1]);
    const perBlock = this.builder.node(`${path}/perBlock`, 'ReduceSum', [blocks, last], {
      attributes: { keepdims: 0n },
    });
    return this.builder.node(`${path}/ReduceSum`, 'ReduceSum', [perBlock, last]);
  }

  /** Fills the last axis up to whole blocks. // (M, R, p, vocabulary) → (M, R, p, V) */
  #fill(path: string, logits: string): string {
    const missing = (BLOCK - (this.#vocabulary % BLOCK)) % BLOCK;
    if (missing === 0) return logits;
    const pads = this.builder.int64s([0, 0, 0, 0, 0, 0, 0, missing]);
    return this.builder.node(path, 'Pad', [logits, pads, this.builder.float(LOWEST)]);
  }

  #cast(path: string, tensor: string, type: DataType): string {
    return this.builder.node(path, 'Cast', [tensor], { attributes: { to: BigInt(type) } });
  }

  /** Inputs of Slice, after its data, that keep the first n entries of the last axis. */
  #first(n: number): string[] {
    return [this.builder.int64s([0]), this.builder.int64s([n]), this.builder.int64s([-1])];
  }
}

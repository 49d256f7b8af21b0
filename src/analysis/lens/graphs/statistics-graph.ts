import { DataType, GraphBuilder } from '../../../onnx/graph-builder.ts';
import { emptyModel, encodeModel, type OnnxModel } from '../../../onnx/model.ts';

const OPSET = 21;

/** Sums over the vocabulary run in two stages, over blocks of this many entries and then over the blocks. */
const BLOCK = 128;

/** The lowest finite f32: as a logit it has probability exactly 0, and no logit ranks below it. */
const LOWEST = -3.4028234663852886e38;

/** One softmax in parts, so that no probability has to be stored or taken the logarithm of. */
export interface Softmax {
  /** logits − their largest, at most 0 // (R, p, V) f32 */
  readonly shifted: string;
  /** e^shifted // (R, p, V) f32 */
  readonly exponentials: string;
  /** S = Σ e^shifted // (R, p, 1) f32 */
  readonly sum: string;
  /** ln S // (R, p, 1) f32 */
  readonly logSum: string;
}

/**
 * A graph without weights over tensors (rows, positions, vocabulary), here (R, p, V). The vocabulary is
 * filled up to whole blocks with entries of probability 0; V is the filled length.
 *
 * A plain f32 sum over 151,936 terms is 1.5e-4 off; block by block it is 2e-6 off and costs nothing more.
 */
export class StatisticsGraph {
  readonly builder: GraphBuilder;
  readonly #model: OnnxModel;
  readonly #vocabulary: number;

  constructor(name: string, vocabulary: number) {
    this.#model = emptyModel(name, OPSET);
    this.#vocabulary = vocabulary;
    this.builder = new GraphBuilder(this.#model);
  }

  encode(): Uint8Array<ArrayBuffer> {
    return encodeModel(this.#model);
  }

  /** Declares the logits of the lens as an input. // (R, p, vocabulary) f32 → (R, p, V) */
  lensLogits(name: string, rows: number): string {
    this.builder.input(name, DataType.FLOAT, [rows, 'positions', this.#vocabulary]);
    return this.#pad(name);
  }

  /** Declares the model's own logits as an input, read at `positions`. // (all positions, vocabulary) f32 → (1, p, V) */
  ownLogits(name: string, positions: string): string {
    this.builder.input(name, DataType.FLOAT, ['all positions', this.#vocabulary]);
    const wanted = this.builder.node(`/${name}/Gather`, 'Gather', [name, positions], { attributes: { axis: 0n } });
    return this.#pad(this.builder.node(`/${name}/Unsqueeze`, 'Unsqueeze', [wanted, this.builder.int64s([0])]));
  }

  /** Declares the list of positions to read. // (p) i64 */
  positions(): string {
    return this.builder.input('positions', DataType.INT64, ['positions']);
  }

  output(name: string, type: DataType, tensor: string): void {
    this.builder.node(`/outputs/${name}`, 'Identity', [tensor], { outputs: [name] });
    this.builder.output(name, type);
  }

  softmax(path: string, logits: string): Softmax {
    const largest = this.builder.node(`${path}/ReduceMax`, 'ReduceMax', [logits, this.#last()]);
    const shifted = this.builder.node(`${path}/shifted`, 'Sub', [logits, largest]);
    const exponentials = this.builder.node(`${path}/Exp`, 'Exp', [shifted]);
    const sum = this.#sum(`${path}/sum`, exponentials);
    return { shifted, exponentials, sum, logSum: this.builder.node(`${path}/Log`, 'Log', [sum]) };
  }

  /** The same softmax at one row only, kept as an axis of length 1 // (R, p, …) → (1, p, …) */
  softmaxOfRow(path: string, softmax: Softmax, row: number): Softmax {
    const pick = (part: keyof Softmax) =>
      this.builder.node(`${path}/${part}`, 'Gather', [softmax[part], this.builder.int64s([row])], {
        attributes: { axis: 0n },
      });
    return { shifted: pick('shifted'), exponentials: pick('exponentials'), sum: pick('sum'), logSum: pick('logSum') };
  }

  /** Entropy in nats, H = ln S − Σ(e·z)/S with z the shifted logits // (R, p, 1) */
  entropy(path: string, softmax: Softmax): string {
    const mean = this.expectation(`${path}/mean`, softmax, softmax.shifted);
    return this.builder.node(`${path}/Sub`, 'Sub', [softmax.logSum, mean]);
  }

  /** Σ p·values // (R, p, 1) */
  expectation(path: string, p: Softmax, values: string): string {
    const terms = this.builder.node(`${path}/Mul`, 'Mul', [p.exponentials, values]);
    return this.builder.node(`${path}/Div`, 'Div', [this.#sum(`${path}/sum`, terms), p.sum]);
  }

  /** ln p − ln q, entry by entry // (R, p, V) */
  logRatio(path: string, p: Softmax, q: Softmax): string {
    const shifted = this.builder.node(`${path}/shifted`, 'Sub', [p.shifted, q.shifted]);
    const logSums = this.builder.node(`${path}/logSums`, 'Sub', [p.logSum, q.logSum]);
    return this.builder.node(`${path}/Sub`, 'Sub', [shifted, logSums]);
  }

  /** Probability of entries given by their shifted logits // (R, p, n) */
  probability(path: string, softmax: Softmax, shiftedEntries: string): string {
    const exponentials = this.builder.node(`${path}/Exp`, 'Exp', [shiftedEntries]);
    return this.builder.node(`${path}/Div`, 'Div', [exponentials, softmax.sum]);
  }

  /** The k largest entries, equal ones by lower id. @returns their values and ids // (R, p, k) f32, i64 */
  top(path: string, values: string, k: number): { values: string; ids: string } {
    const names = { values: `${path}/values`, ids: `${path}/ids` };
    this.builder.node(path, 'TopK', [values, this.builder.int64s([k])], { outputs: [names.values, names.ids] });
    return names;
  }

  /** The same ids in every row // (1, p, 1) i64 → (R, p, 1) i64 */
  inEveryRow(path: string, ids: string, rows: number): string {
    return this.builder.node(path, 'Expand', [ids, this.builder.int64s([rows, 1, 1])]);
  }

  /** The entry of one token in every row // (R, p, V), (R, p, 1) i64 → (R, p, 1) */
  entry(path: string, values: string, ids: string): string {
    return this.builder.node(path, 'GatherElements', [values, ids], { attributes: { axis: -1n } });
  }

  /** How many entries lie above a bound // (R, p, V), (R, p, 1) → (R, p, 1) i64 */
  countAbove(path: string, values: string, bound: string): string {
    const above = this.builder.node(`${path}/Greater`, 'Greater', [values, bound]);
    const ones = this.#cast(`${path}/ones`, above, DataType.INT32);
    const count = this.builder.node(`${path}/ReduceSum`, 'ReduceSum', [ones, this.#last()]);
    return this.#cast(`${path}/count`, count, DataType.INT64);
  }

  /** 1 + the number of larger entries; equal ones share the better rank. // (R, p, V), (R, p, 1) → (R, p, 1) i64 */
  rank(path: string, values: string, entry: string): string {
    return this.builder.node(`${path}/Add`, 'Add', [this.countAbove(path, values, entry), this.builder.int64s([1])]);
  }

  /** Largest |a − b|; exactly 0 if and only if they are equal // (…, n) → (…, 1) */
  largestDifference(path: string, a: string, b: string): string {
    const difference = this.builder.node(`${path}/Sub`, 'Sub', [a, b]);
    const magnitude = this.builder.node(`${path}/Abs`, 'Abs', [difference]);
    return this.builder.node(`${path}/ReduceMax`, 'ReduceMax', [magnitude, this.#last()]);
  }

  /** Sum over the vocabulary in two stages // (R, p, V) → (R, p, 1) */
  #sum(path: string, terms: string): string {
    const blocks = this.builder.node(`${path}/Reshape`, 'Reshape', [terms, this.builder.int64s([0, 0, -1, BLOCK])]);
    const perBlock = this.builder.node(`${path}/perBlock`, 'ReduceSum', [blocks, this.#last()], {
      attributes: { keepdims: 0n },
    });
    return this.builder.node(`${path}/ReduceSum`, 'ReduceSum', [perBlock, this.#last()]);
  }

  /** Fills the last axis up to whole blocks. // (…, vocabulary) → (…, V), of three axes */
  #pad(logits: string): string {
    const missing = (BLOCK - (this.#vocabulary % BLOCK)) % BLOCK;
    if (missing === 0) return logits;
    const pads = this.builder.int64s([0, 0, 0, 0, 0, missing]);
    return this.builder.node(`/pad/${logits}`, 'Pad', [logits, pads, this.builder.float(LOWEST)]);
  }

  #cast(path: string, tensor: string, type: DataType): string {
    return this.builder.node(path, 'Cast', [tensor], { attributes: { to: BigInt(type) } });
  }

  #last(): string {
    return this.builder.int64s([-1]);
  }
}

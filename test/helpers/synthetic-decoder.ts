import { Float16Array } from '@petamoriken/float16';
import { DataType, GraphBuilder } from '../../src/onnx/graph-builder.ts';
import { emptyModel, type OnnxModel } from '../../src/onnx/model.ts';

/** Which of the forms that exporters give a decoder to build. */
export interface SyntheticForm {
  readonly layers?: number;
  /** norms of their own and Add, or Skip*LayerNormalization that adds, norms and keeps the last sum to itself */
  readonly norms?: 'separate' | 'fused';
  /** element type of the residual stream */
  readonly stream?: DataType.FLOAT | DataType.FLOAT16;
  readonly attention?: 'group-query' | 'softmax';
  readonly mlp?: 'experts' | 'dense' | 'none';
  /** product with the transposed embedding on flattened rows, or a plain one, or a 4-bit one */
  readonly head?: 'tied' | 'plain' | 'quantized';
  /** the last position only goes through the head, as generating programs want it */
  readonly lastPositionOnly?: boolean;
  /** accuracy_level of 4-bit products */
  readonly accuracy?: number;
}

export const SIZES = { hidden: 32, heads: 2, headSize: 16, vocabulary: 24, experts: 4, inner: 32, topK: 2, block: 16 };

const EPSILON = 1e-6;

/** A tiny decoder of random weights, complete enough to run; its names say nothing about its parts. */
export function syntheticDecoder(form: SyntheticForm = {}): OnnxModel {
  return new SyntheticDecoder(form).build();
}

class SyntheticDecoder {
  readonly #model = emptyModel('synthetic', 21);
  readonly #graph = new GraphBuilder(this.#model);
  readonly #form: Required<SyntheticForm>;
  #seed = 1;
  #count = 0;

  constructor(form: SyntheticForm) {
    this.#form = {
      layers: 2,
      norms: 'separate',
      stream: DataType.FLOAT,
      attention: 'group-query',
      mlp: 'experts',
      head: 'tied',
      lastPositionOnly: false,
      accuracy: 0,
      ...form,
    };
  }

  build(): OnnxModel {
    const { layers, norms, stream } = this.#form;
    const { hidden, vocabulary } = SIZES;
    const graph = this.#graph;
    graph.input('input_ids', DataType.INT64, ['batch', 'sequence']);
    graph.input('attention_mask', DataType.INT64, ['batch', 'total']);
    const table = this.#floats([vocabulary, hidden], DataType.FLOAT16, 1);
    const rows = this.#node('Gather', [table, 'input_ids']);
    let state = this.#node('Cast', [rows], { to: BigInt(stream) });
    let normed = this.#norm(state);
    for (let i = 0; i < layers; i++) {
      const blocks = [() => this.#attention(normed, i)];
      if (this.#form.mlp !== 'none') blocks.push(() => this.#mlp(normed));
      for (const [j, block] of blocks.entries()) {
        const last = i === layers - 1 && j === blocks.length - 1;
        const branch = block();
        if (norms === 'fused') ({ state, normed } = this.#fusedNorm(state, branch, last));
        else {
          state = this.#node('Add', [state, branch]);
          normed = this.#norm(state);
        }
      }
    }
    this.#head(normed, table);
    return this.#model;
  }

  #attention(x: string, layer: number): string {
    const { hidden, headSize } = SIZES;
    const [q, k, v] = [this.#quantized(x, hidden), this.#weights(x, hidden, hidden), this.#weights(x, hidden, hidden)];
    const mixed =
      this.#form.attention === 'softmax' ? this.#softmax(q, k, v, headSize) : this.#groupQuery(q, k, v, layer);
    return this.#weights(mixed, hidden, hidden);
  }

  /** One head over the whole width, without a mask: [batch, query, key] probabilities. */
  #softmax(q: string, k: string, v: string, headSize: number): string {
    const keys = this.#node('Transpose', [k], { perm: [0n, 2n, 1n] });
    const scale = this.#floats([], this.#form.stream, 0, [headSize ** -0.5]);
    const scores = this.#node('Mul', [this.#node('MatMul', [q, keys]), scale]);
    return this.#node('MatMul', [this.#node('Softmax', [scores], { axis: -1n }), v]);
  }

  #groupQuery(q: string, k: string, v: string, layer: number): string {
    const { heads, headSize } = SIZES;
    const cache = ['key', 'value'].map((part) =>
      this.#graph.input(`past_key_values.${layer}.${part}`, this.#form.stream, ['batch', heads, 'past', headSize]),
    );
    const counted = this.#node('ReduceSum', ['attention_mask', this.#graph.int64s([1])], { keepdims: 0n });
    const lengths = this.#node('Cast', [this.#node('Sub', [counted, this.#graph.int64(1)])], {
      to: BigInt(DataType.INT32),
    });
    const total = this.#node('Gather', [this.#node('Shape', ['attention_mask']), this.#graph.int64(1)]);
    const present = ['key', 'value'].map((part) => `present.${layer}.${part}`);
    for (const name of present) this.#graph.output(name, this.#form.stream, ['batch', heads, 'total', headSize]);
    return this.#node(
      'GroupQueryAttention',
      [q, k, v, ...cache, lengths, this.#node('Cast', [total], { to: BigInt(DataType.INT32) })],
      { num_heads: BigInt(heads), kv_num_heads: BigInt(heads) },
      ['attended', ...present],
    );
  }

  #mlp(x: string): string {
    const { hidden, experts, inner, topK, block } = SIZES;
    if (this.#form.mlp === 'dense')
      return this.#weights(this.#node('Sigmoid', [this.#weights(x, hidden, inner)]), inner, hidden);
    const flat = this.#node('Reshape', [x, this.#graph.int64s([-1, hidden])]);
    const router = this.#weights(flat, hidden, experts);
    const { stream } = this.#form;
    const weights = [
      this.#bytes([experts, 2 * inner, hidden / 2]),
      this.#floats([experts, 2 * inner, hidden / block], stream, 0.03),
      '',
      this.#bytes([experts, hidden, inner / 2]),
      this.#floats([experts, hidden, inner / block], stream, 0.03),
    ];
    const mixed = this.#node('QMoE', [flat, router, ...weights], {
      k: BigInt(topK),
      activation_type: 'swiglu',
      swiglu_fusion: 1n,
      normalize_routing_weights: 1n,
      expert_weight_bits: 4n,
      block_size: BigInt(block),
      weights_prepacked: 0n,
    });
    return this.#node('Reshape', [mixed, this.#node('Shape', [x])]);
  }

  #head(normed: string, table: string): void {
    const { hidden, vocabulary } = SIZES;
    const { head, stream, lastPositionOnly } = this.#form;
    let x = normed;
    if (lastPositionOnly) {
      const last = this.#node('Gather', [x, this.#graph.int64(-1)], { axis: 1n });
      x = this.#node('Unsqueeze', [last, this.#graph.int64s([1])]);
    }
    let logits: string;
    if (head === 'tied') {
      const flat = this.#node('Reshape', [x, this.#graph.int64s([-1, hidden])]);
      const weight = this.#node('Cast', [table], { to: BigInt(stream) });
      const rows = this.#node('Gemm', [flat, weight], { transB: 1n });
      const sizes = this.#node('Shape', [x], { start: 0n, end: 2n });
      const shape = this.#node('Concat', [sizes, this.#graph.int64s([vocabulary])], { axis: 0n });
      logits = this.#node('Reshape', [rows, shape]);
    } else logits = head === 'plain' ? this.#weights(x, hidden, vocabulary) : this.#quantized(x, vocabulary);
    this.#graph.node('last', 'Cast', [logits], { outputs: ['logits'], attributes: { to: BigInt(DataType.FLOAT) } });
    this.#graph.output('logits', DataType.FLOAT, ['batch', 'sequence', vocabulary]);
  }

  #norm(x: string): string {
    return this.#node('SimplifiedLayerNormalization', [x, this.#gamma()], {
      axis: -1n,
      epsilon: EPSILON,
      stash_type: 1n,
    });
  }

  #fusedNorm(x: string, branch: string, last: boolean): { state: string; normed: string } {
    const sum = `sum ${this.#count}`;
    const normed = this.#node('SkipSimplifiedLayerNormalization', [x, branch, this.#gamma()], { epsilon: EPSILON }, [
      'normed',
      ...(last ? [] : ['', '', sum]),
    ]);
    return { state: sum, normed };
  }

  #gamma(): string {
    return this.#floats([SIZES.hidden], this.#form.stream, 0.2, undefined, 1);
  }

  #weights(x: string, from: number, to: number): string {
    return this.#node('MatMul', [x, this.#floats([from, to], this.#form.stream, from ** -0.5)]);
  }

  #quantized(x: string, to: number): string {
    const { hidden, block } = SIZES;
    const weights = this.#bytes([to, hidden / block, block / 2]);
    const scales = this.#floats([to, hidden / block], this.#form.stream, 0.03);
    return this.#node('MatMulNBits', [x, weights, scales], {
      K: BigInt(hidden),
      N: BigInt(to),
      bits: 4n,
      block_size: BigInt(block),
      accuracy_level: BigInt(this.#form.accuracy),
    });
  }

  /** A node with a number for a name; named outputs get that number too, graph outputs keep theirs. */
  #node(
    opType: string,
    inputs: string[],
    attributes: Record<string, bigint | number | string | bigint[]> = {},
    outputs = [''],
  ): string {
    const path = `n${this.#count++}`;
    const named = outputs.map((name, i) => (i === 0 ? `t${path}` : name));
    const custom = ['GroupQueryAttention', 'QMoE', 'MatMulNBits', 'SkipSimplifiedLayerNormalization'].includes(opType);
    return this.#graph.node(path, opType, inputs, {
      attributes,
      outputs: named,
      ...(custom && { domain: 'com.microsoft' }),
    });
  }

  #floats(dims: number[], type: DataType, spread: number, values?: number[], mean = 0): string {
    const length = dims.reduce((product, size) => product * size, 1);
    const numbers = values ?? Array.from({ length }, () => mean + spread * (2 * this.#random() - 1));
    const data = type === DataType.FLOAT16 ? new Float16Array(numbers) : new Float32Array(numbers);
    return this.#graph.initializer(`w${this.#count++}`, type, dims, { bytes: new Uint8Array(data.buffer) });
  }

  #bytes(dims: number[]): string {
    const length = dims.reduce((product, size) => product * size, 1);
    const bytes = Uint8Array.from({ length }, () => Math.floor(this.#random() * 256));
    return this.#graph.initializer(`w${this.#count++}`, DataType.UINT8, dims, { bytes });
  }

  /** Park and Miller's generator: the same numbers everywhere. */
  #random(): number {
    this.#seed = (this.#seed * 48_271) % 2_147_483_647;
    return this.#seed / 2_147_483_647;
  }
}

import { createHash } from 'node:crypto';
import { decodeWeights } from '../../src/export/checkpoint/decode.ts';
import { elementCount } from '../../src/export/checkpoint/shape.ts';
import type { Allocate } from '../../src/export/checkpoint/weight-source.ts';
import { BF16_BYTES, type Distribution, fillNormal, POOL_SIZE } from './gaussian-pool.ts';

/** A tensor of random bf16 numbers. */
export interface SyntheticTensor extends Distribution {
  readonly shape: readonly number[];
}

/** Tensors that are generated when they are read. The same names, shapes and seed give the same bytes. */
export class SyntheticTensors {
  readonly all: ReadonlyMap<string, SyntheticTensor>;
  readonly #seed: number;

  constructor(all: ReadonlyMap<string, SyntheticTensor>, seed: number) {
    this.all = all;
    this.#seed = seed;
  }

  tensor(name: string): SyntheticTensor {
    const tensor = this.all.get(name);
    if (tensor === undefined) throw new Error(`there is no tensor ${name}`);
    return tensor;
  }

  /** `count` elements from `first` on, as little-endian bf16, in memory that `allocate` gives. */
  read(
    name: string,
    first = 0,
    count = elementCount(this.tensor(name).shape) - first,
    allocate: Allocate = (bytes) => new Uint8Array(bytes),
  ): Uint8Array {
    const tensor = this.tensor(name);
    if (first < 0 || count < 0 || first + count > elementCount(tensor.shape)) {
      throw new RangeError(`elements [${first}, ${first + count}) are outside ${name}`);
    }
    const bytes = allocate(count * BF16_BYTES);
    fillNormal(bytes, tensor, this.#start(name) + first);
    return bytes;
  }

  /** As {@link read}, decoded. */
  values(name: string, first?: number, count?: number): Float32Array {
    return decodeWeights(this.read(name, first, count), 'bf16');
  }

  /** Where in the pool a tensor begins. */
  #start(name: string): number {
    return createHash('sha256').update(`${this.#seed} ${name}`).digest().readUInt32LE() % POOL_SIZE;
  }
}

import type { ResidentTensor, TensorType, TensorValue } from './protocol.ts';

/** The outputs of one run, by name. */
export class RunResult {
  readonly #values: Readonly<Record<string, TensorValue>>;
  readonly #kept: Readonly<Record<string, ResidentTensor>>;

  constructor(values: Readonly<Record<string, TensorValue>>, kept: Readonly<Record<string, ResidentTensor>>) {
    this.#values = values;
    this.#kept = kept;
  }

  floats(name: string): Float32Array {
    return this.value(name, 'float32').data as Float32Array;
  }

  doubles(name: string): Float64Array {
    return this.value(name, 'float64').data as Float64Array;
  }

  /** An int64 output whose values are counts or ids. */
  integers(name: string): number[] {
    return Array.from(this.value(name, 'int64').data as BigInt64Array, Number);
  }

  dims(name: string): readonly number[] {
    return this.value(name).dims;
  }

  resident(name: string): ResidentTensor {
    const tensor = this.#kept[name];
    if (tensor === undefined) throw new Error(`Output ${name} was not kept.`);
    return tensor;
  }

  /** An output that was fetched. @param type what it must be */
  value(name: string, type?: TensorType): TensorValue {
    const tensor = this.#values[name];
    if (tensor === undefined) throw new Error(`Output ${name} was not fetched.`);
    if (type !== undefined && tensor.type !== type) throw new Error(`Output ${name} is ${tensor.type}, not ${type}.`);
    return tensor;
  }
}

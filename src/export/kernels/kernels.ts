import { readFileSync } from 'node:fs';
import { instantiate, type WasmMemory } from './web-assembly.ts';

/** An address in the memory of {@link Kernels}. */
export type Address = number;

/** The functions of assembly/, which says what they do. Counts are of elements. */
interface KernelExports {
  readonly memory: WasmMemory;
  readonly freeMemory: { readonly value: Address };
  decodeBf16(source: Address, target: Address, count: number): void;
  decodeF16(source: Address, target: Address, count: number): void;
  encodeF16(weights: Address, halves: Address, stored: Address, count: number): void;
  quantizeBlocks(
    weights: Address,
    packed: Address,
    scales: Address,
    stored: Address,
    blocks: number,
    blockSize: number,
    bits: number,
    search: boolean,
  ): void;
  addLowRank(
    weights: Address,
    b: Address,
    a: Address,
    rows: number,
    columns: number,
    rank: number,
    scale: number,
  ): void;
  addErrors(original: Address, stored: Address, count: number, sums: Address): void;
  addSurvival(
    base: Address,
    merged: Address,
    storedBase: Address,
    storedMerged: Address,
    count: number,
    sums: Address,
  ): void;
}

// Made by `npm run build`; sources and build stand equally deep, so this leads to the built file from both.
const FILE = new URL('../../../dist/export/kernels/kernels.wasm', import.meta.url);
const PAGE_BYTES = 2 ** 16;
/** Of a SIMD register. */
const ALIGNMENT = 16;

/**
 * SIMD kernels and the memory that they work on. Space is taken bit by bit and given back all at once. Threads have
 * instances of their own.
 */
export class Kernels {
  readonly run = instantiate(readFileSync(FILE)) as KernelExports;
  readonly #start = alignUp(this.run.freeMemory.value);
  #end = this.#start;

  /** Space for so many bytes; what is in it is left over from before. */
  take(bytes: number): Address {
    const at = this.#end;
    this.#end = alignUp(at + bytes);
    const missing = this.#end - this.run.memory.buffer.byteLength;
    if (missing > 0) this.run.memory.grow(Math.ceil(missing / PAGE_BYTES));
    return at;
  }

  /** Gives back all space. */
  release(): void {
    this.#end = this.#start;
  }

  /** These views of the memory are valid until more space is taken. */
  bytes(at: Address, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.run.memory.buffer, at, length);
  }

  floats(at: Address, length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.run.memory.buffer, at, length);
  }

  doubles(at: Address, length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.run.memory.buffer, at, length);
  }
}

function alignUp(address: Address): Address {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}

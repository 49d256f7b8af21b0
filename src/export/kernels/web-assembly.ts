/** As much of WebAssembly's JavaScript interface as is needed: its types come with those of browsers only. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
}

/** https://webassembly.github.io/spec/js-api/#memories */
export interface WasmMemory {
  /** Another one after each `grow`. */
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

declare const WebAssembly: WebAssemblyApi;

/** What a WebAssembly file without imports exports. */
export function instantiate(file: Uint8Array): object {
  return new WebAssembly.Instance(new WebAssembly.Module(file)).exports;
}

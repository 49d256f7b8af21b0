/** What the engine's process is started with: fixed for its life, because a library once loaded stays. */
export type EngineDevice =
  | { readonly kind: 'cpu' }
  | {
      readonly kind: 'cuda';
      /** absolute, in the order in which they are pre-loaded; the last is ONNX Runtime's own core */
      readonly libraries: readonly string[];
      /** the one GPU that the process sees, as CUDA_VISIBLE_DEVICES names it; undefined leaves that variable alone */
      readonly gpu?: string | undefined;
    }
  | { readonly kind: 'webgpu'; readonly vulkanLibrary?: string | undefined };

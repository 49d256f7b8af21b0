/**
 * A product of two small matrices, `x` [16, 16] f32 with itself, as an encoded ONNX model: written out, because what
 * encodes models takes longer to load than the runtime itself. The first session of a process takes 40 ms on the CPU,
 * and the first product on a graphics card a second or more, for the driver's context and the libraries' kernels: time
 * that passes while the prompt is read.
 */
export const WARM_UP_GRAPH: Uint8Array = Buffer.from(
  'CAoSB2Z0LWxlbnM6UAodCgF4CgF4EgF5GggvcHJvZHVjdCIGTWF0TXVsOgASD2Z0LWxlbnMud2FybS11cFoTCgF4Eg4KDAgBEggKAggQCgIIEGIJCgF5' +
    'EgQKAggBQgQKABAVQhEKDWNvbS5taWNyb3NvZnQQAQ==',
  'base64',
);

/** What {@link WARM_UP_GRAPH} is fed. */
export const WARM_UP_INPUT = { type: 'float32', dims: [16, 16], data: new Float32Array(256) } as const;

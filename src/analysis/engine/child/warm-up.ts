import { DataType, GraphBuilder } from '../../../onnx/graph-builder.ts';
import { emptyModel, encodeModel } from '../../../onnx/model.ts';

const SIDE = 16;

/**
 * A product of two small matrices, `x` [16, 16] f32 with itself. The first of these on a graphics card takes a second
 * or more, for the driver's context and the libraries' kernels: time that passes while the prompt is read.
 */
export function warmUpGraph(): Uint8Array<ArrayBuffer> {
  const model = emptyModel('ft-lens.warm-up', 21);
  const builder = new GraphBuilder(model);
  builder.input('x', DataType.FLOAT, [SIDE, SIDE]);
  builder.node('/product', 'MatMul', ['x', 'x'], { outputs: ['y'] });
  builder.output('y', DataType.FLOAT);
  return encodeModel(model);
}

/** What {@link warmUpGraph} is fed. */
export const WARM_UP_INPUT = { type: 'float32', dims: [SIDE, SIDE], data: new Float32Array(SIDE * SIDE) } as const;

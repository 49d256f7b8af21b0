import { expect, test } from 'vitest';
import { WARM_UP_GRAPH } from '../../../src/analysis/engine/child/warm-up.ts';
import { DataType, GraphBuilder } from '../../../src/onnx/graph-builder.ts';
import { emptyModel, encodeModel } from '../../../src/onnx/model.ts';

test('the graph that warms a device up is a product of two matrices', () => {
  const model = emptyModel('ft-lens.warm-up', 21);
  const builder = new GraphBuilder(model);
  builder.input('x', DataType.FLOAT, [16, 16]);
  builder.node('/product', 'MatMul', ['x', 'x'], { outputs: ['y'] });
  builder.output('y', DataType.FLOAT);
  expect(Buffer.from(WARM_UP_GRAPH).toString('base64')).toBe(Buffer.from(encodeModel(model)).toString('base64'));
});

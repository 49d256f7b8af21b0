import { DataType, GraphBuilder } from '../../../onnx/graph-builder.ts';
import { emptyModel, encodeModel } from '../../../onnx/model.ts';

/**
 * Dot products of the residual streams of two models, in f64: single dimensions of a residual stream can be 10^5 times
 * the others, and the difference of two models a 10^-6th of either. For one model both inputs are the same tensor.
 *
 * Inputs: `base_residuals`, `ft_residuals` (R, p, D) f32.
 * Outputs (R, p, 1) f64: `base_base` = base·base, `ft_ft`, `base_ft`, `squared_difference` = ‖ft − base‖²;
 * and f32: `largest_difference` = max |ft − base|, 0 if and only if the states are equal.
 */
export function residualGeometryGraph(): Uint8Array<ArrayBuffer> {
  const model = emptyModel('ft-lens.residual-geometry', 21);
  const builder = new GraphBuilder(model);
  const last = builder.int64s([-1]);
  const read = (name: string) => builder.input(name, DataType.FLOAT, ['rows', 'positions', 'hidden']);
  const double = (path: string, tensor: string) =>
    builder.node(path, 'Cast', [tensor], { attributes: { to: BigInt(DataType.DOUBLE) } });
  const dot = (name: string, a: string, b: string) => {
    const products = builder.node(`/${name}/Mul`, 'Mul', [a, b]);
    builder.node(`/${name}/ReduceSum`, 'ReduceSum', [products, last], { outputs: [name] });
    builder.output(name, DataType.DOUBLE);
  };

  const base = read('base_residuals');
  const ft = read('ft_residuals');
  const base64 = double('/base/Cast', base);
  const ft64 = double('/ft/Cast', ft);
  const difference = builder.node('/difference/Sub', 'Sub', [ft64, base64]);
  dot('base_base', base64, base64);
  dot('ft_ft', ft64, ft64);
  dot('base_ft', base64, ft64);
  dot('squared_difference', difference, difference);

  const magnitude = builder.node('/magnitude/Abs', 'Abs', [builder.node('/magnitude/Sub', 'Sub', [ft, base])]);
  builder.node('/magnitude/ReduceMax', 'ReduceMax', [magnitude, last], { outputs: ['largest_difference'] });
  builder.output('largest_difference', DataType.FLOAT);
  return encodeModel(model);
}

import { DataType, type Dimension, valueInfo } from '../../onnx/graph-builder.ts';
import type { OnnxModel } from '../../onnx/model.ts';

/** Says of a tensor inside a graph what it will be, so that a part of the graph can be loaded that only receives it. */
export function describe(
  { graph }: OnnxModel,
  tensor: string,
  shape: readonly Dimension[],
  type: DataType = DataType.FLOAT,
): void {
  graph.valueInfo = [...graph.valueInfo.filter(({ name }) => name !== tensor), valueInfo(tensor, type, shape)];
}

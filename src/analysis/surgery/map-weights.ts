import { DataType, valueInfo } from '../../onnx/graph-builder.ts';
import type { OnnxModel } from '../../onnx/model.ts';
import { isExpertOperator } from '../anatomy/find-router.ts';
import type { DecoderAnatomy } from '../anatomy/types.ts';

const FLOATS = new Set([DataType.FLOAT, DataType.FLOAT16, DataType.BFLOAT16]);

/**
 * Lists the weights of the experts and of an unquantised head, as asked for, among the graph's inputs, in place. An
 * initialiser that is also an input may change between runs: the runtime then reads it as it stands (on the CPU mapped
 * from its file) and makes no repacked or retyped copy, which for these would double the memory of the model.
 */
export function mapWeights(
  model: OnnxModel,
  anatomy: DecoderAnatomy,
  { experts, head }: { experts: boolean; head: boolean },
): void {
  const { graph } = model;
  const wanted = new Set(experts ? graph.node.filter(isExpertOperator).flatMap((node) => node.input.slice(2)) : []);
  const listed = new Set(graph.input.map(({ name }) => name));
  const weights = graph.initializer.filter(
    ({ name, dataType }) =>
      !listed.has(name) && (wanted.has(name) || (head && name === anatomy.head.weight && FLOATS.has(dataType))),
  );
  for (const { name, dataType, dims } of weights) graph.input.push(valueInfo(name, dataType, dims.map(Number)));
}

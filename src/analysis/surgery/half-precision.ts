import { elementType } from '../../onnx/element-type.ts';
import { DataType, GraphBuilder } from '../../onnx/graph-builder.ts';
import { type GraphIndex, indexGraph } from '../../onnx/graph-index.ts';
import type { NodeProto, OnnxModel } from '../../onnx/model.ts';
import { rewriteNodes } from './rewrite-nodes.ts';

/** An operator whose kernel on some device computes in f16 only. */
export interface HalfOperator {
  readonly opType: string;
  /** inputs that carry numbers; the others are packed weights, lengths and the like */
  readonly inputs: ReadonlySet<number>;
  /** What has to happen to an f32 input before it is rounded. @returns the tensor to round */
  prepare?(builder: GraphBuilder, node: NodeProto, input: number): string;
}

/**
 * Lets an operator of an f32 model compute in f16, in place: what goes into it is rounded, what comes out widened.
 * Everything between these operators stays f32. A model that feeds them f16 already stays as it is.
 */
export function computeInHalf(model: OnnxModel, operator: HalfOperator): void {
  const index = indexGraph(model.graph);
  const builder = new GraphBuilder(model);
  const results = new Set(model.graph.output.map(({ name }) => name));
  const rounded = new Map<string, string>();
  rewriteNodes(model.graph, (node, keep) => {
    if (node.opType !== operator.opType || elementType(index, node.input[0] ?? '') !== DataType.FLOAT) return keep();
    for (const [i, name] of node.input.entries()) {
      if (name === '' || !operator.inputs.has(i) || !isFloat(index, name)) continue;
      const prepared = operator.prepare?.(builder, node, i) ?? name;
      const half = rounded.get(prepared) ?? cast(builder, prepared, DataType.FLOAT16);
      rounded.set(prepared, half);
      node.input[i] = half;
    }
    const outputs = node.output.filter((name) => index.consumers.has(name) || results.has(name));
    node.output = node.output.map((name) => name && `ft_lens.half/${name}`);
    keep();
    for (const name of outputs) cast(builder, `ft_lens.half/${name}`, DataType.FLOAT, name);
  });
}

function isFloat(index: GraphIndex, name: string): boolean {
  return elementType(index, name) === DataType.FLOAT;
}

function cast(builder: GraphBuilder, tensor: string, to: DataType, output?: string): string {
  const path = `ft_lens.${DataType[to].toLowerCase()}/${tensor}`;
  return builder.node(path, 'Cast', [tensor], {
    attributes: { to: BigInt(to) },
    ...(output !== undefined && { outputs: [output] }),
  });
}

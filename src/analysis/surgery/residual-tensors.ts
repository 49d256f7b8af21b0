import type { NodeProto, OnnxModel } from '../../onnx/model.ts';
import { SKIP_SUM_OUTPUT } from '../anatomy/residual-stream.ts';
import type { DecoderAnatomy } from '../anatomy/types.ts';

/** The tensor of each residual state; a fused norm that keeps its sum to itself is made to give it, in place. */
export function residualTensors(model: OnnxModel, anatomy: DecoderAnatomy): string[] {
  return anatomy.residuals.map(({ tensor, node }) => {
    if (tensor !== undefined) return tensor;
    const norm = model.graph.node.find(({ output }) => output[0] === node) as NodeProto;
    while (norm.output.length < SKIP_SUM_OUTPUT) norm.output.push('');
    return (norm.output[SKIP_SUM_OUTPUT] = `${node}/sum`);
  });
}

import { DataType, type GraphBuilder } from '../../onnx/graph-builder.ts';
import { indexGraph } from '../../onnx/graph-index.ts';
import type { NodeProto, OnnxModel } from '../../onnx/model.ts';
import type { DecoderAnatomy } from '../anatomy/types.ts';
import { traceValueFlow } from '../anatomy/value-flow.ts';
import { cast, copyHead } from './copy-head.ts';

/**
 * How the model's own logits are had.
 * 'untouched': every token runs through the model's norm and head as they stand, and rows are picked from what comes
 * out. Nothing that ft-lens cuts or copies has a part in it, so it can bear witness against the lens.
 * 'picked rows': only the wanted rows run through a copy of norm and head. For long prompts, where logits of every
 * token would take gigabytes, and for models that give those of the last token alone.
 */
export type OwnLogits = 'untouched' | 'picked rows';

/** Nodes that may leave rows out on the way to the logits. */
const PICKS_ROWS = new Set(['Gather', 'GatherND', 'Slice']);

/**
 * @param lastState the wanted rows of the last residual state, [1, P, D]
 * @param positions int64 [P]
 * @returns the tensor, f32 [P, V], and how it is had
 */
export function ownLogits(
  model: OnnxModel,
  anatomy: DecoderAnatomy,
  builder: GraphBuilder,
  { wish, lastState, positions }: { wish: OwnLogits; lastState: string; positions: string },
): { readonly tensor: string; readonly had: OwnLogits } {
  const had = givesEveryRow(model, anatomy) ? wish : 'picked rows';
  const rows =
    had === 'untouched'
      ? builder.node('ft_lens.logits/picked', 'Gather', [anatomy.head.logits, positions], { attributes: { axis: 1n } })
      : copyHead(model, anatomy, builder, { tensor: lastState, leading: 1, norm: 'final' });
  const flat = builder.node('ft_lens.logits/rows', 'Reshape', [rows, builder.int64s([-1, anatomy.vocabularySize])]);
  return { tensor: cast(builder, flat, DataType.FLOAT), had };
}

function givesEveryRow(model: OnnxModel, anatomy: DecoderAnatomy): boolean {
  const index = indexGraph(model.graph);
  const lastState = index.producers.get(anatomy.residuals.at(-1)?.node ?? '') as NodeProto;
  const flow = traceValueFlow(index, lastState, anatomy.head.logits);
  return flow !== undefined && !flow.nodes.some((node) => node !== lastState && PICKS_ROWS.has(node.opType));
}

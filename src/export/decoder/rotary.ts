import { DataType } from '../../onnx/graph-builder.ts';
import type { DecoderContext } from './context.ts';

/** Cosines and sines of the rotary position embedding, each f32 [batch, sequence, head size / 2]. */
export interface RotaryAngles {
  readonly cos: string;
  readonly sin: string;
}

/**
 * Angles from the positions themselves, so that no table as long as the context has to be stored:
 *
 *   position_ids ─ Cast ─ Unsqueeze ─ Mul ─┬ Cos
 *      [B, S]             [B, S, 1]    │   └ Sin   [B, S, head size / 2]
 *                          frequencies ┘
 */
export function addRotaryAngles({ graph, config }: DecoderContext, positionIds: string): RotaryAngles {
  const path = '/model/rotary_emb';
  const frequencies = inverseFrequencies(config.ropeTheta, config.headDim);
  const frequencyTensor = graph.initializer('model.rotary_emb.inv_freq', DataType.FLOAT, [frequencies.length], {
    bytes: new Uint8Array(frequencies.buffer),
  });
  const positions = graph.node(`${path}/Cast`, 'Cast', [positionIds], { attributes: { to: BigInt(DataType.FLOAT) } });
  const column = graph.node(`${path}/Unsqueeze`, 'Unsqueeze', [positions, graph.int64s([2])]);
  const angles = graph.node(`${path}/Mul`, 'Mul', [column, frequencyTensor]);
  return { cos: graph.node(`${path}/Cos`, 'Cos', [angles]), sin: graph.node(`${path}/Sin`, 'Sin', [angles]) };
}

/** θ^(−2i / headDim) for i in [0, headDim / 2), f32 (Su et al. 2021, RoFormer, section 3.2.2). */
function inverseFrequencies(theta: number, headDim: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: headDim / 2 }, (_, i) => 1 / theta ** ((2 * i) / headDim));
}

/**
 * Turns pairs (i, i + head size / 2) of every head by the position's angles.
 * @param x f32 [batch, sequence, heads · head size], as the result
 */
export function addRotation(
  { graph }: DecoderContext,
  path: string,
  x: string,
  heads: number,
  angles: RotaryAngles,
): string {
  return graph.node(`${path}/RotaryEmbedding`, 'RotaryEmbedding', [x, angles.cos, angles.sin], {
    attributes: { interleaved: 0n, num_heads: BigInt(heads) },
  });
}

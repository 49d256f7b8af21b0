import type { DecoderContext } from './context.ts';
import { packedName, scalesName } from './tensor-names.ts';

/** What a block-quantised matrix looks like: y = x · Wᵀ with W [rows, columns]. */
export interface QuantizedMatrix {
  readonly weight: string;
  readonly rows: number;
  readonly columns: number;
  readonly bits: 4 | 8;
  /** Name of the product; by default the node's own. */
  readonly output?: string;
}

/** x · Wᵀ. Activations stay f32 (accuracy level 0): rounding them would cost more than the weights' own rounding. */
export function addQuantizedMatMul(
  { graph, weights, recipe }: DecoderContext,
  path: string,
  x: string,
  { weight, rows, columns, bits, output }: QuantizedMatrix,
): string {
  const inputs = [x, weights.use(packedName(weight, bits)), weights.use(scalesName(weight))];
  return graph.node(`${path}/MatMulNBits`, 'MatMulNBits', inputs, {
    domain: 'com.microsoft',
    ...(output !== undefined && { outputs: [output] }),
    attributes: {
      K: BigInt(columns),
      N: BigInt(rows),
      bits: BigInt(bits),
      block_size: BigInt(recipe.blockSize),
      accuracy_level: 0n,
    },
  });
}

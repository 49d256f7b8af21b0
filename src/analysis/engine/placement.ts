import { FtLensError } from '../../errors.ts';
import type { EngineDevice } from './engine-device.ts';
import type { PlacedNode } from './protocol.ts';

const PROVIDERS: Readonly<Record<EngineDevice['kind'], string>> = {
  cpu: 'CPUExecutionProvider',
  cuda: 'CUDAExecutionProvider',
  webgpu: 'WebGpuExecutionProvider',
};

/** Operators that do a model's arithmetic. ONNX Runtime quietly runs one of them on the CPU when the device has no kernel. */
const ARITHMETIC = new Set([
  'Attention',
  'FusedMatMul',
  'Gemm',
  'GroupQueryAttention',
  'LayerNormalization',
  'MatMul',
  'MatMulNBits',
  'MoE',
  'MultiHeadAttention',
  'QMoE',
  'RMSNormalization',
  'RotaryEmbedding',
  'SimplifiedLayerNormalization',
  'SkipLayerNormalization',
  'SkipSimplifiedLayerNormalization',
  'Softmax',
]);

/** They run what stands inside them, wherever that belongs. */
const CONTROL_FLOW = new Set(['If', 'Loop']);

/** Shapes, positions and lengths of a prompt stay well below this; a state of a single token of a real model does not. */
const SMALL_BYTES = 4_096;

/**
 * Nodes that ran elsewhere although they compute. Arithmetic on shapes may stay on the CPU.
 * @param cpuNodes names of nodes that were sent to the CPU
 */
export function misplacedNodes(
  device: EngineDevice,
  nodes: readonly PlacedNode[],
  cpuNodes: readonly string[] = [],
): PlacedNode[] {
  const intended = new Set(cpuNodes);
  return nodes.filter(
    ({ name, provider, operator, bytes }) =>
      provider !== PROVIDERS[device.kind] &&
      !intended.has(name) &&
      !CONTROL_FLOW.has(operator) &&
      (ARITHMETIC.has(operator) || bytes > SMALL_BYTES),
  );
}

/**
 * A graph that runs partly on the CPU gives right numbers, slowly and without a word: that is an error.
 * @throws FtLensError (device) naming the operators
 */
export function requirePlacement(
  device: EngineDevice,
  nodes: readonly PlacedNode[],
  where: string,
  cpuNodes: readonly string[] = [],
): void {
  const misplaced = misplacedNodes(device, nodes, cpuNodes);
  if (misplaced.length === 0) return;
  const counts = new Map<string, number>();
  for (const { operator } of misplaced) counts.set(operator, (counts.get(operator) ?? 0) + 1);
  const listed = [...counts].slice(0, 4).map(([operator, count]) => `${count} × ${operator}`);
  throw new FtLensError('Part of this model cannot run on the device that was asked for.', {
    kind: 'device',
    where,
    expected: `every operator that computes on ${PROVIDERS[device.kind]}`,
    got: `${listed.join(', ')} on ${[...new Set(misplaced.map(({ provider }) => provider))].join(', ')}, such as ${misplaced[0]?.name}`,
    remedy: '--device cpu, or export the model with ft-lens export',
  });
}

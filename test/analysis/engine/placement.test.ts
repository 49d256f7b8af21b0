import { describe, expect, it } from 'vitest';
import { misplacedNodes, requirePlacement } from '../../../src/analysis/engine/placement.ts';
import type { EngineDevice } from '../../../src/analysis/engine/engine-device.ts';
import type { PlacedNode } from '../../../src/analysis/engine/protocol.ts';
import { FtLensError } from '../../../src/errors.ts';

const cuda: EngineDevice = { kind: 'cuda', libraries: [] };
const onGpu = 'CUDAExecutionProvider';
const onCpu = 'CPUExecutionProvider';

function node(operator: string, provider: string, bytes = 40): PlacedNode {
  return { name: `/${operator}`, operator, provider, bytes, microseconds: 1 };
}

describe('misplacedNodes', () => {
  it('lets shapes and lengths be worked out on the CPU', () => {
    expect(misplacedNodes(cuda, [node('QMoE', onGpu, 1e6), node('Shape', onCpu), node('Concat', onCpu)])).toEqual([]);
  });

  it('finds arithmetic of a model on the CPU, however small', () => {
    for (const operator of ['QMoE', 'MatMulNBits', 'GroupQueryAttention', 'Gemm', 'MatMul'])
      expect(misplacedNodes(cuda, [node(operator, onCpu)])).toHaveLength(1);
  });

  it('finds any operator on the CPU that moves a state', () => {
    expect(misplacedNodes(cuda, [node('Add', onCpu, 8_192)])).toHaveLength(1);
  });

  it('leaves nodes alone that were sent to the CPU', () => {
    const lookup = node('Gather', onCpu, 1e6);
    expect(misplacedNodes({ kind: 'webgpu' }, [lookup])).toHaveLength(1);
    expect(misplacedNodes({ kind: 'webgpu' }, [lookup], [lookup.name])).toEqual([]);
  });
});

describe('requirePlacement', () => {
  it('names the operators, how many, and where they ran', () => {
    const nodes = [node('QMoE', onCpu), node('QMoE', onCpu), node('Gemm', onCpu), node('Add', onGpu)];
    let failure: unknown;
    try {
      requirePlacement(cuda, nodes, 'base/model.onnx');
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(FtLensError);
    expect(failure).toMatchObject({ kind: 'device', exitCode: 3, where: 'base/model.onnx' });
    expect((failure as FtLensError).got).toBe(`2 × QMoE, 1 × Gemm on ${onCpu}, such as /QMoE`);
  });

  it('is content with a graph that ran where it should', () => {
    expect(() => requirePlacement(cuda, [node('QMoE', onGpu)], 'model.onnx')).not.toThrow();
  });
});

import { inputError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { FunctionProto } from './proto/onnx-ml_pb.ts';

/**
 * Bounds how many model functions there are and how deep they call each other: the runtime inlines them, and a chain
 * of calls grows exponentially.
 */
export function checkFunctions(functions: readonly FunctionProto[], where: string): void {
  const byName = new Map(functions.map((each) => [keyOf(each.domain, each.name), each]));
  const depths = new Map<string, number>();
  const depthOf = (name: string): number => {
    const called = byName.get(name);
    if (called === undefined) return 0;
    const known = depths.get(name);
    if (known !== undefined) return known;
    // Stands while its own calls are counted, so that a circle is endless.
    depths.set(name, Infinity);
    const calls = new Set(called.node.map(({ domain, opType }) => keyOf(domain, opType)));
    const depth = 1 + [...calls].reduce((deepest, call) => Math.max(deepest, depthOf(call)), 0);
    depths.set(name, depth);
    return depth;
  };
  const tooMany = functions.length > LIMITS.onnxFunctions;
  if (!tooMany && [...byName.keys()].every((name) => depthOf(name) <= LIMITS.onnxDepth)) return;
  throw inputError('The functions of the ONNX model are more than ft-lens reads.', {
    where,
    expected: `at most ${LIMITS.onnxFunctions}, calling each other at most ${LIMITS.onnxDepth} deep`,
    got: tooMany ? `${functions.length}` : 'deeper or circular calls',
  });
}

function keyOf(domain: string, name: string): string {
  return `${domain}::${name}`;
}

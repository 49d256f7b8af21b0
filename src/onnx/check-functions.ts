import { inputError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { GraphProto, NodeProto } from './model.ts';
import type { FunctionProto } from './proto/onnx-ml_pb.ts';
import { allGraphs, bodies } from './sub-graphs.ts';

/** What becomes of nodes when the functions that they call are put in their place. */
interface Inlined {
  readonly nodes: number;
  /** Functions that call each other, one within the other. */
  readonly depth: number;
}

const ENDLESS: Inlined = { nodes: Infinity, depth: Infinity };

/**
 * Bounds how many model functions there are, how deep they call each other, and how many nodes they make: the runtime
 * inlines them, and a chain of calls grows exponentially.
 * @param graph of the model, whose nodes may call the functions
 */
export function checkFunctions(functions: readonly FunctionProto[], graph: GraphProto, where: string): void {
  const tooMany = functions.length > LIMITS.onnxFunctions;
  if (!tooMany) {
    const inlined = inlineAll(functions, graph);
    if (inlined.nodes <= LIMITS.onnxNodes && inlined.depth <= LIMITS.onnxDepth) return;
  }
  throw inputError('The functions of the ONNX model are more than ft-lens reads.', {
    where,
    expected: `at most ${LIMITS.onnxFunctions}, calling each other at most ${LIMITS.onnxDepth} deep, ${LIMITS.onnxNodes} nodes in all`,
    got: tooMany ? `${functions.length}` : 'more nodes, or deeper or circular calls',
  });
}

/** The whole graph, and the functions that nothing calls, inlined. */
function inlineAll(functions: readonly FunctionProto[], graph: GraphProto): Inlined {
  const nodesOf = new Map<string, NodeProto[]>();
  for (const { domain, name, node } of functions) {
    const key = keyOf(domain, name);
    // Overloads of one name are taken together: which one a node means is the runtime's to decide.
    nodesOf.set(key, [...(nodesOf.get(key) ?? []), ...withInnerNodes(node)]);
  }
  const known = new Map<string, Inlined>();
  const inlineCall = (key: string): Inlined => {
    const own = nodesOf.get(key);
    if (own === undefined) return { nodes: 1, depth: 0 };
    const before = known.get(key);
    if (before !== undefined) return before;
    // Stands while its own calls are counted, so that a circle is endless.
    known.set(key, ENDLESS);
    const { nodes, depth } = inline(own);
    const result = { nodes, depth: depth + 1 };
    known.set(key, result);
    return result;
  };
  const inline = (nodes: readonly NodeProto[]): Inlined => {
    let [count, deepest] = [0, 0];
    for (const { domain, opType } of nodes) {
      const { nodes: made, depth } = inlineCall(keyOf(domain, opType));
      count += made;
      deepest = Math.max(deepest, depth);
    }
    return { nodes: count, depth: deepest };
  };
  const all = [inline(withInnerNodes(graph.node)), ...Array.from(nodesOf.keys(), inlineCall)];
  return {
    nodes: Math.max(...all.map(({ nodes }) => nodes)),
    depth: Math.max(...all.map(({ depth }) => depth)),
  };
}

/** Nodes, and those of the graphs inside them. */
function withInnerNodes(nodes: readonly NodeProto[]): NodeProto[] {
  const inner = nodes.flatMap(bodies).flatMap(allGraphs);
  return [...nodes, ...inner.flatMap(({ node }) => node)];
}

function keyOf(domain: string, name: string): string {
  return `${domain === 'ai.onnx' ? '' : domain}::${name}`;
}

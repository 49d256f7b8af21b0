import { isPathBelow } from '../../onnx/external-data.ts';
import type { OnnxModel } from '../../onnx/model.ts';
import { allGraphs } from '../../onnx/sub-graphs.ts';
import { isExpertOperator } from '../anatomy/find-router.ts';
import { sameGraph } from '../parts/same-graph.ts';
import { commonFolder } from '../model/common-folder.ts';
import type { PreparedBackbone } from './forward-pass.ts';
import { haveSameContent, tensorContents } from './tensor-contents.ts';

/**
 * Whether two models are to run as one graph: their graphs are the same, at least some of their experts too, and one
 * folder holds the data files of both. Unpacking experts is nearly all of the work on the CPU, so that one pass through
 * both then costs little more than one through either.
 */
export function canRunTogether(a: PreparedBackbone, b: PreparedBackbone): boolean {
  const files = [a, b].flatMap(({ model }) => Array.from(model.dataFiles.values(), ({ path }) => path));
  return shareExperts(a, b) && haveCommonFolder(files) && areJoinable(a.instrumented.model, b.instrumented.model);
}

/** Whether at least one call of experts has all of its weights in common. */
function shareExperts(a: PreparedBackbone, b: PreparedBackbone): boolean {
  const [ofA, ofB] = [tensorContents(a), tensorContents(b)];
  const { node: nodes, initializer } = a.instrumented.model.graph;
  const weights = new Set(initializer.map(({ name }) => name));
  return nodes
    .filter(isExpertOperator)
    .map(({ input }) => input.filter((name) => weights.has(name)))
    .some((read) => read.length > 0 && read.every((weight) => haveSameContent(ofA, ofB, weight)));
}

/** Whether the runtime can find every file from one folder. */
function haveCommonFolder(paths: readonly string[]): boolean {
  const common = commonFolder(paths);
  return common !== undefined && paths.every((path) => isPathBelow(common.nameOf(path)));
}

/** A graph inside a node with weights of its own is left alone. */
function areJoinable(a: OnnxModel, b: OnnxModel): boolean {
  const inner = [a, b].flatMap(({ graph }) => allGraphs(graph).slice(1));
  return inner.every(({ initializer }) => initializer.length === 0) && sameGraph(a, b);
}

import { inputError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { checkFunctions } from './check-functions.ts';
import type { GraphProto, NodeProto, OnnxModel } from './model.ts';
import { type AttributeProto, type TensorProto, TensorProto_DataLocation } from './proto/onnx-ml_pb.ts';
import { allGraphs, bodies } from './sub-graphs.ts';

/** Operator sets ft-lens and the runtime both know; a model may bring functions of its own. */
const DOMAINS = new Set(['', 'ai.onnx', 'com.microsoft']);

/** They may never come to an end, and no decoder needs them. */
const LOOPS = new Set(['Loop', 'Scan']);

interface Scope {
  readonly where: string;
  /** Functions that the model brings, by domain and name. */
  readonly own: ReadonlySet<string>;
  /** Names of the tensors there are so far, here and in the graphs around. */
  readonly defined: Set<string>;
  readonly depth: number;
}

/**
 * Checks what every later step takes for granted: each tensor is made once and before it is read, names and counts
 * are within bounds, only known operator sets, no loops. One pass, in the graph's own order.
 * @throws FtLensError naming the node or tensor
 */
export function validateModel(model: OnnxModel, where: string): void {
  const { functions } = model.proto;
  const own = new Set(functions.map(({ domain, name }) => `${domain}::${name}`));
  checkGraph(model.graph, { where, own, defined: new Set(), depth: 0 });
  checkFunctions(functions, model.graph, where);
  for (const { name, node, input, attributeProto } of functions) {
    const scope: Scope = { where: `${where}, function ${name}`, own, defined: new Set(input), depth: 0 };
    checkAttributes(attributeProto, scope.where);
    for (const each of node) checkNode(each, scope);
    // Where the weights of the model stand is only looked up in its graph.
    for (const { initializer } of node.flatMap(bodies).flatMap(allGraphs))
      for (const tensor of initializer) refuseExternal(tensor, scope.where);
  }
}

function checkGraph(graph: GraphProto, scope: Scope): void {
  const { where, defined } = scope;
  checkCounts(graph, scope);
  const inputs = new Set<string>();
  for (const { name } of graph.input) {
    checkName(name, 'input', where);
    define(name, defined, where);
    inputs.add(name);
  }
  for (const { name, dims } of graph.initializer) {
    checkTensor(name, dims, where);
    // An initialiser may also be an input: then it is its default value. Once only, though.
    if (!inputs.delete(name)) define(name, defined, where);
  }
  for (const node of graph.node) checkNode(node, scope);
  for (const { name } of graph.output) {
    if (!defined.has(name))
      throw refused('The graph does not make one of its outputs.', where, `a node that makes ${name}`, 'none');
  }
}

function checkCounts(graph: GraphProto, { where, depth }: Scope): void {
  const counts: readonly (readonly [string, number, number])[] = [
    ['levels of graphs in graphs', depth, LIMITS.onnxDepth],
    ['nodes', graph.node.length, LIMITS.onnxNodes],
    ['initialisers', graph.initializer.length, LIMITS.tensors],
    ['sparse initialisers', graph.sparseInitializer.length, 0],
  ];
  for (const [what, count, limit] of counts) {
    if (count > limit) throw refused(`The graph has too many ${what}.`, where, `at most ${limit}`, `${count}`);
  }
}

/** What a graph inside a node defines ends with it: its sibling may use the same names. */
function checkBody(body: GraphProto, outer: Scope, where: string): void {
  checkGraph(body, { ...outer, where, depth: outer.depth + 1 });
  const { defined } = outer;
  for (const { name } of [...body.input, ...body.initializer]) defined.delete(name);
  for (const node of body.node) for (const name of node.output) defined.delete(name);
}

/** Checks one node and defines its outputs. */
function checkNode(node: NodeProto, scope: Scope): void {
  const { defined } = scope;
  const where = `${scope.where}, node ${node.name || node.output[0]} (${node.opType})`;
  if (LOOPS.has(node.opType))
    throw refused('The graph has a loop, which may never end.', where, 'a graph without Loop and Scan', node.opType);
  if (!DOMAINS.has(node.domain) && !scope.own.has(`${node.domain}::${node.opType}`))
    throw refused(
      'The graph uses operators that ft-lens does not know.',
      where,
      'those of ai.onnx and com.microsoft, or functions in the model',
      `${node.opType} of ${node.domain}`,
    );
  if (node.input.length > LIMITS.onnxNodeInputs)
    throw refused('A node has too many inputs.', where, `at most ${LIMITS.onnxNodeInputs}`, `${node.input.length}`);
  for (const name of node.input) {
    if (name !== '' && !defined.has(name))
      throw refused(
        'A node reads a tensor that nothing before it makes.',
        where,
        `${name} made by an earlier node`,
        'none',
      );
  }
  checkAttributes(node.attribute, where);
  for (const body of bodies(node)) checkBody(body, scope, where);
  for (const name of node.output) {
    if (name === '') continue;
    checkName(name, 'output', where);
    define(name, defined, where);
  }
}

function checkAttributes(attributes: readonly AttributeProto[], where: string): void {
  for (const { name, t, tensors, sparseTensor, sparseTensors } of attributes) {
    for (const tensor of t ? [t, ...tensors] : tensors) {
      checkTensor(tensor.name || name, tensor.dims, where);
      refuseExternal(tensor, where);
    }
    if (sparseTensor || sparseTensors.length > 0)
      throw refused('The graph has a sparse constant.', where, 'dense tensors', `attribute ${name}`);
  }
}

function refuseExternal({ name, dataLocation }: TensorProto, where: string): void {
  if (dataLocation !== TensorProto_DataLocation.EXTERNAL) return;
  throw refused(
    'A constant of the graph lies in another file.',
    where,
    'external data for initialisers only',
    name || 'a tensor without a name',
  );
}

function checkTensor(name: string, dims: readonly bigint[], where: string): void {
  checkName(name, 'tensor', where);
  if (dims.length > LIMITS.tensorRank)
    throw refused(
      'A tensor has too many dimensions.',
      `${where}, ${name}`,
      `at most ${LIMITS.tensorRank}`,
      `${dims.length}`,
    );
  const elements = dims.reduce((product, dim) => product * Number(dim), 1);
  if (dims.some((dim) => dim < 0n || dim > LIMITS.tensorDimension) || !Number.isSafeInteger(elements))
    throw refused(
      'A tensor has an impossible shape.',
      `${where}, ${name}`,
      'dimensions from 0 that fit a file',
      `[${dims.join(', ')}]`,
    );
}

function checkName(name: string, kind: string, where: string): void {
  if (name !== '' && Buffer.byteLength(name) <= LIMITS.nameBytes && !/\p{Cc}/u.test(name)) return;
  throw refused(
    'A name in the graph is not usable.',
    `${where}, ${kind}`,
    `1 to ${LIMITS.nameBytes} bytes without control characters`,
    JSON.stringify(name.slice(0, 40)),
  );
}

function define(name: string, defined: Set<string>, where: string): void {
  if (defined.has(name)) throw refused('A tensor of the graph is made twice.', where, `${name} once`, 'twice');
  defined.add(name);
}

function refused(message: string, where: string, expected: string, got: string): Error {
  return inputError(message, { where, expected, got, remedy: 'export this model again, or tell its authors' });
}

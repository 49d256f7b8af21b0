import { create } from '@bufbuild/protobuf';
import { makeAttribute, setAttribute } from '../../../src/onnx/attributes.ts';
import type { GraphProto, OnnxModel } from '../../../src/onnx/model.ts';
import {
  FunctionProtoSchema,
  NodeProtoSchema,
  type NodeProto,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
  type TensorProto,
} from '../../../src/onnx/proto/onnx-ml_pb.ts';

/** One change of a graph, in place. */
export type Change = (model: OnnxModel, pick: Pick) => void;

/** Which node, tensor or place an edit is about: any number means one, whatever the model's sizes. */
export interface Pick {
  readonly node: number;
  readonly item: number;
  readonly other: number;
}

function pickOf<T>(items: readonly T[], at: number): T | undefined {
  return items[at % Math.max(1, items.length)];
}

function nodeAt({ graph }: OnnxModel, pick: Pick): NodeProto {
  return pickOf(graph.node, pick.node) ?? create(NodeProtoSchema);
}

function tensorAt({ graph }: OnnxModel, pick: Pick): TensorProto {
  const inNodes = graph.node.flatMap(({ attribute }) => attribute.flatMap(({ t }) => (t ? [t] : [])));
  return pickOf([...graph.initializer, ...inNodes], pick.item) ?? create(TensorProtoSchema);
}

/** Every tensor of a graph. */
function namesIn(graph: GraphProto): string[] {
  return [...graph.input, ...graph.initializer]
    .map(({ name }) => name)
    .concat(graph.node.flatMap(({ output }) => output));
}

export function changeInteger(value: bigint): Change {
  return (model, pick) => {
    const attributes = nodeAt(model, pick).attribute;
    const attribute = pickOf(attributes, pick.item);
    if (attribute?.ints.length) attribute.ints[pick.other % attribute.ints.length] = value;
    else if (attribute) attribute.i = value;
  };
}

export function changeFloat(value: number): Change {
  return (model, pick) => {
    const attribute = nodeAt(model, pick).attribute.find(({ f }) => f !== 0);
    if (attribute) attribute.f = Math.fround(value);
  };
}

export function dropAttribute(model: OnnxModel, pick: Pick): void {
  const node = nodeAt(model, pick);
  node.attribute.splice(pick.item % Math.max(1, node.attribute.length), 1);
}

export function doubleAttribute(model: OnnxModel, pick: Pick): void {
  const node = nodeAt(model, pick);
  const attribute = pickOf(node.attribute, pick.item);
  if (attribute) node.attribute.push(makeAttribute(attribute.name, 3n));
}

export function dropInput(model: OnnxModel, pick: Pick): void {
  const { input } = nodeAt(model, pick);
  input.splice(pick.item % Math.max(1, input.length), 1);
}

export function emptyInput(model: OnnxModel, pick: Pick): void {
  const { input } = nodeAt(model, pick);
  if (input.length > 0) input[pick.item % input.length] = '';
}

export function doubleInput(model: OnnxModel, pick: Pick): void {
  const { input } = nodeAt(model, pick);
  const name = pickOf(input, pick.item);
  if (name !== undefined) input.push(name);
}

/** A sum of very many terms. */
export function growInputs(model: OnnxModel, pick: Pick): void {
  const node = nodeAt(model, pick);
  const [name] = node.input;
  if (name !== undefined) node.input = Array.from({ length: 70_000 }, () => name);
}

export function dropOutput(model: OnnxModel, pick: Pick): void {
  const { output } = nodeAt(model, pick);
  if (output.length > 0) output[pick.item % output.length] = '';
}

export function rewire(model: OnnxModel, pick: Pick): void {
  const { input } = nodeAt(model, pick);
  const before = model.graph.node.slice(0, pick.node % Math.max(1, model.graph.node.length));
  const names = [...model.graph.initializer.map(({ name }) => name), ...before.flatMap(({ output }) => output)];
  const name = pickOf(names, pick.other);
  if (input.length > 0 && name !== undefined) input[pick.item % input.length] = name;
}

/** To any tensor: what comes later closes a circle. */
export function rewireForward(model: OnnxModel, pick: Pick): void {
  const { input } = nodeAt(model, pick);
  const name = pickOf(namesIn(model.graph), pick.other);
  if (input.length > 0 && name !== undefined) input[pick.item % input.length] = name;
}

export function collideOutputs(model: OnnxModel, pick: Pick): void {
  const { output } = nodeAt(model, pick);
  const name = pickOf(namesIn(model.graph), pick.other);
  if (output.length > 0 && name !== undefined) output[pick.item % output.length] = name;
}

export function dropNode({ graph }: OnnxModel, pick: Pick): void {
  graph.node.splice(pick.node % Math.max(1, graph.node.length), 1);
}

export function doubleNode(model: OnnxModel, pick: Pick): void {
  const copy = { ...nodeAt(model, pick), output: ['copy'], name: 'copy' };
  model.graph.node.splice((pick.node % Math.max(1, model.graph.node.length)) + 1, 0, copy);
}

export function swapNodes({ graph }: OnnxModel, pick: Pick): void {
  const [i, j] = [pick.node, pick.other].map((n) => n % Math.max(1, graph.node.length)) as [number, number];
  [graph.node[i], graph.node[j]] = [graph.node[j]!, graph.node[i]!];
}

export function dropInitializer({ graph }: OnnxModel, pick: Pick): void {
  graph.initializer.splice(pick.item % Math.max(1, graph.initializer.length), 1);
}

export function doubleInitializer({ graph }: OnnxModel, pick: Pick): void {
  const tensor = pickOf(graph.initializer, pick.item);
  if (tensor) graph.initializer.push(tensor);
}

export function cutData(model: OnnxModel, pick: Pick): void {
  const tensor = tensorAt(model, pick);
  tensor.rawData = tensor.rawData.subarray(0, pick.other % (tensor.rawData.length + 1));
}

export function changeOperator(opType: string): Change {
  return (model, pick) => void (nodeAt(model, pick).opType = opType);
}

export function changeDomain(domain: string): Change {
  return (model, pick) => void (nodeAt(model, pick).domain = domain);
}

export function changeDimension(value: bigint): Change {
  return (model, pick) => {
    const { dims } = tensorAt(model, pick);
    if (dims.length > 0) dims[pick.other % dims.length] = value;
  };
}

export function changeRank(rank: number): Change {
  return (model, pick) => void (tensorAt(model, pick).dims = Array.from({ length: rank }, () => 1n));
}

export function changeType(type: number): Change {
  return (model, pick) => void (tensorAt(model, pick).dataType = type);
}

export function moveOut([location, offset, length]: readonly [string, string, string]): Change {
  return (model, pick) => {
    const tensor = tensorAt(model, pick);
    tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
    tensor.externalData = Object.entries({ location, offset, length }).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    );
  };
}

export function changeName(name: string): Change {
  return (model, pick) => {
    const { input, output } = nodeAt(model, pick);
    const names = pick.item % 2 === 0 ? input : output;
    if (names.length > 0) names[0] = name;
  };
}

/** A function of the model's own, which the node now calls. */
export function addFunction(model: OnnxModel, pick: Pick): void {
  const node = nodeAt(model, pick);
  defineFunction(model, node, 'com.example', 'Own');
  Object.assign(node, { domain: 'com.example', opType: 'Own' });
}

/** A function with the name of a standard operator. */
export function shadowWithFunction(model: OnnxModel, pick: Pick): void {
  const node = nodeAt(model, pick);
  defineFunction(model, node, node.domain, node.opType);
}

function defineFunction({ proto }: OnnxModel, node: NodeProto, domain: string, name: string): void {
  const input = node.input.map((_, i) => `in${i}`);
  const output = node.output.map((_, i) => `out${i}`);
  const body = { ...node, input, output };
  const opsetImport = [...proto.opsetImport, create(OperatorSetIdProtoSchema, { domain: 'com.example', version: 1n })];
  proto.functions.push(create(FunctionProtoSchema, { name, domain, input, output, node: [body], opsetImport }));
  proto.opsetImport = opsetImport;
}

/** A graph inside a node, which reads what is around it. */
export function moveIntoBranch(model: OnnxModel, pick: Pick): void {
  const { graph } = model;
  const node = nodeAt(model, pick);
  const branch = {
    ...graph,
    node: [{ ...node, attribute: [...node.attribute] }],
    input: [],
    initializer: [],
    output: [],
  } as GraphProto;
  for (const name of ['then_branch', 'else_branch']) setAttribute(node, name, branch);
  node.opType = 'If';
}

export function dropGraphInput({ graph }: OnnxModel, pick: Pick): void {
  graph.input.splice(pick.item % Math.max(1, graph.input.length), 1);
}

export function dropGraphOutput({ graph }: OnnxModel, pick: Pick): void {
  graph.output.splice(pick.item % Math.max(1, graph.output.length), 1);
}

export function changeOpset(version: bigint): Change {
  return ({ proto }, pick) => {
    const opset = pickOf(proto.opsetImport, pick.item);
    if (opset) opset.version = version;
  };
}

import { create } from '@bufbuild/protobuf';
import { indexGraph } from './graph-index.ts';
import { type DataType, type Dimension, valueInfo } from './graph-builder.ts';
import type { GraphProto, NodeProto, OnnxModel } from './model.ts';
import { GraphProtoSchema, ModelProtoSchema } from './proto/onnx-ml_pb.ts';
import { constantTensors } from './prune.ts';
import { tensorsRead } from './sub-graphs.ts';

/** A part of a model that runs after the parts before it. */
export interface Stage {
  /** Inputs of the whole model that it reads. */
  readonly inputs: readonly string[];
  /** Tensors of earlier stages that it reads. */
  readonly receives: readonly string[];
  /** Tensors that later stages read. */
  readonly passes: readonly string[];
  /** Outputs of the whole model that it computes. */
  readonly outputs: readonly string[];
  /** Nodes, initialisers and the model's own inputs and outputs; what it receives is described by {@link stageModel}. */
  readonly graph: GraphProto;
}

/** What a tensor turned out to be when an earlier stage computed it. */
export interface ComputedTensor {
  readonly elementType: DataType;
  readonly dims: readonly Dimension[];
}

/**
 * Cuts a graph into stages that together compute what it computes, each node once: whatever depends on a tensor of the
 * first boundary belongs to the second stage or a later one, and so on. What is made of initialisers alone is made in
 * every stage that reads it. Nodes are shared with the given model, not copied. Relies on the graph's topological order.
 * @param boundaries the tensors of each, in the order in which they are computed
 */
export function partition({ graph }: OnnxModel, boundaries: readonly (readonly string[])[]): Stage[] {
  const index = indexGraph(graph);
  const constants = constantTensors(index);
  const afterBoundary = new Map(boundaries.flatMap((tensors, i) => tensors.map((tensor) => [tensor, i + 1])));
  // tensor → the first stage that can read it
  const readable = new Map<string, number>();
  const madeIn = new Map<string, number>();
  const members: NodeProto[][] = Array.from({ length: boundaries.length + 1 }, () => []);
  for (const node of graph.node) {
    if (isConstant(node, constants)) continue;
    const stage = Math.max(0, ...tensorsRead(node).map((name) => readable.get(name) ?? 0));
    members[stage]?.push(node);
    for (const name of node.output) {
      if (name === '') continue;
      madeIn.set(name, stage);
      readable.set(name, Math.max(stage, afterBoundary.get(name) ?? 0));
    }
  }

  const read = members.map((nodes) => new Set(nodes.flatMap(tensorsRead)));
  const outputs = members.map((_, stage) => graph.output.filter(({ name }) => (madeIn.get(name) ?? 0) === stage));
  return members.map((nodes, stage) => {
    const reads = [...(read[stage] as Set<string>)];
    const part = create(GraphProtoSchema, {
      name: graph.name,
      node: [...constantNodes(graph, constants, [...reads, ...names(outputs[stage] ?? [])]), ...nodes],
      output: outputs[stage] ?? [],
    });
    const needed = new Set(part.node.flatMap(tensorsRead));
    part.initializer = graph.initializer.filter(({ name }) => needed.has(name));
    part.input = graph.input.filter(({ name }) => needed.has(name));
    return {
      graph: part,
      inputs: names(part.input).filter((name) => index.inputs.has(name)),
      receives: reads.filter((name) => (madeIn.get(name) ?? stage) < stage),
      passes: [...madeIn.keys()].filter(
        (name) => madeIn.get(name) === stage && read.some((later, i) => i > stage && later.has(name)),
      ),
      outputs: names(outputs[stage] ?? []),
    };
  });
}

/** A stage as a model of its own. @param received what each tensor that it receives turned out to be */
export function stageModel(
  { proto }: OnnxModel,
  stage: Stage,
  received: ReadonlyMap<string, ComputedTensor>,
): OnnxModel {
  const inputs = stage.receives.map((name) => {
    const tensor = received.get(name);
    if (tensor === undefined) throw new Error(`Tensor ${name} was not computed.`);
    return valueInfo(name, tensor.elementType, tensor.dims);
  });
  const passed = stage.passes.filter((name) => !stage.outputs.includes(name)).map((name) => valueInfo(name));
  const graph = create(GraphProtoSchema, {
    ...stage.graph,
    input: [...stage.graph.input, ...inputs],
    output: [...stage.graph.output, ...passed],
  });
  return { proto: create(ModelProtoSchema, { ...proto, graph }), graph };
}

function isConstant(node: NodeProto, constants: ReadonlySet<string>): boolean {
  return node.output.every((name) => name === '' || constants.has(name));
}

/** The nodes that make the constants among the given tensors, in graph order. */
function constantNodes(graph: GraphProto, constants: ReadonlySet<string>, tensors: readonly string[]): NodeProto[] {
  const wanted = new Set(tensors);
  const nodes = graph.node.toReversed().filter((node) => {
    if (!isConstant(node, constants) || !node.output.some((name) => wanted.has(name))) return false;
    for (const name of tensorsRead(node)) wanted.add(name);
    return true;
  });
  return nodes.reverse();
}

function names(infos: readonly { readonly name: string }[]): string[] {
  return infos.map(({ name }) => name);
}

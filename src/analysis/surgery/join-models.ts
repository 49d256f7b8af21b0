import { create } from '@bufbuild/protobuf';
import type { NodeProto, OnnxModel } from '../../onnx/model.ts';
import { GraphProtoSchema, ModelProtoSchema } from '../../onnx/proto/onnx-ml_pb.ts';
import { renameTensors } from '../../onnx/rename-tensors.ts';
import { tensorsRead } from '../../onnx/sub-graphs.ts';
import { callTogether, rowsThatShareWeights } from './call-together.ts';

/** A model that becomes part of another. */
export interface JoinedPart {
  /** What makes the names of its tensors its own. */
  readonly name: string;
  readonly model: OnnxModel;
  /**
   * Texts for what a weight holds or an input is fed. Tensors of one name that have a text in common hold the same; of
   * one without any, nothing is known.
   */
  readonly contents: (tensor: string) => readonly string[];
}

export interface JoinedModel {
  readonly model: OnnxModel;
  /** What a tensor of a part, counted from 0, is called in the joined model. */
  readonly nameOf: (part: number, tensor: string) => string;
}

/**
 * Models with the same graph over different weights, as one model that computes what all of them compute. What they
 * have in common is there once: weights that hold the same, and nodes that read the same. Experts, and a head in blocks,
 * that differ in nothing but their tokens are called once for the tokens of all.
 * @param parts whose nodes are equal and in topological order
 */
export function joinModels(parts: readonly [JoinedPart, ...JoinedPart[]]): JoinedModel {
  const [{ model }] = parts;
  const graph = create(GraphProtoSchema, { name: model.graph.name });
  const joined: OnnxModel = { proto: create(ModelProtoSchema, { ...model.proto, graph }), graph };
  // tensor → for each part, the part whose tensor serves it: the first with the same
  const owners = new Map<string, readonly number[]>();
  const ownerOf = (part: number, tensor: string): number => owners.get(tensor)?.[part] ?? part;
  const ownName = (part: number, name: string): string => `${parts[part]?.name}:${name}`;
  const nameOf = (part: number, tensor: string): string => ownName(ownerOf(part, tensor), tensor);

  for (const { name } of [...model.graph.initializer, ...model.graph.input])
    owners.set(name, tensorOwners(parts, name));
  for (const [part, { model: each }] of parts.entries()) {
    const own = <Tensor extends { name: string }>(tensors: readonly Tensor[]): Tensor[] =>
      tensors
        .filter(({ name }) => ownerOf(part, name) === part)
        .map((tensor) => ({ ...tensor, name: ownName(part, tensor.name) }));
    graph.initializer.push(...own(each.graph.initializer));
    graph.input.push(...own(each.graph.input));
  }

  for (const node of model.graph.node) {
    const reads = tensorsRead(node);
    const nodeOwners = firstAlike(parts, (part) => reads.map((name) => ownerOf(part, name)).join());
    for (const name of node.output) if (name !== '') owners.set(name, nodeOwners);
    const copies = [...new Set(nodeOwners)].map((part): NodeProto => {
      const names = { around: (name: string) => nameOf(part, name), inside: (name: string) => ownName(part, name) };
      return { ...renameTensors(node, names), name: ownName(part, node.name) };
    });
    if (rowsThatShareWeights(node) === undefined) graph.node.push(...copies);
    else callTogether(joined, copies);
  }

  for (const output of model.graph.output)
    for (const part of new Set(owners.get(output.name)))
      graph.output.push({ ...output, name: ownName(part, output.name) });
  return { model: joined, nameOf };
}

function tensorOwners(parts: readonly JoinedPart[], tensor: string): number[] {
  const contents = parts.map((part) => part.contents(tensor));
  const found: number[] = [];
  for (const [part, own] of contents.entries()) {
    const same = contents.findIndex((earlier, i) => i < part && earlier.some((text) => own.includes(text)));
    found.push(found[same] ?? part);
  }
  return found;
}

/** For each part the first part of which something gives the same text. */
function firstAlike(parts: readonly JoinedPart[], text: (part: number) => string): number[] {
  const texts = parts.map((_, part) => text(part));
  return texts.map((own) => texts.indexOf(own));
}

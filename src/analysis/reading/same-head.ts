import { toBinary } from '@bufbuild/protobuf';
import { NodeProtoSchema, type TensorProto, TensorProtoSchema } from '../../onnx/proto/onnx-ml_pb.ts';
import type { OpenModel } from '../model/open-model.ts';
import { weightContents } from '../model/weight-contents.ts';
import { cutHead } from '../surgery/cut-head.ts';
import { haveSameContent, type TensorContents } from './tensor-contents.ts';

/** Things grouped by the head of their model, in the order of their first. */
export function sharedHeads<Item extends { readonly model: OpenModel }>(items: readonly Item[]): Item[][] {
  const groups: Item[][] = [];
  for (const item of items) {
    const group = groups.find(([first]) => first !== undefined && haveSameHead(first.model, item.model));
    if (group) group.push(item);
    else groups.push([item]);
  }
  return groups;
}

/**
 * Whether two models read their states through the very same norm and head, bit by bit, so that one loaded head
 * serves both: the same nodes over the same weights. Of weights in data files {@link weightContents} tells; where it
 * tells nothing, the answer is no.
 */
export function haveSameHead(a: OpenModel, b: OpenModel): boolean {
  if (a === b) return true;
  const [partsOfA, partsOfB] = [headParts(a), headParts(b)];
  return (
    partsOfA.size === partsOfB.size && [...partsOfA.keys()].every((name) => haveSameContent(partsOfA, partsOfB, name))
  );
}

/** Every node and initialiser of the head, by name. */
function headParts(open: OpenModel): TensorContents {
  const inFiles = weightContents(open);
  const { node: nodes, initializer: weights } = cutHead(open.model, open.anatomy, { norm: 'final' }).graph;
  return new Map<string, readonly string[]>([
    ...nodes.map((node) => [`node ${node.output[0]}`, [base64(toBinary(NodeProtoSchema, node))]] as const),
    ...weights.map((tensor) => [`weights ${tensor.name}`, contentsOf(tensor, inFiles)] as const),
  ]);
}

/** A constant inside the graph is compared whole: its numbers may stand in any of several fields. */
function contentsOf(tensor: TensorProto, inFiles: TensorContents): readonly string[] {
  if (tensor.externalData.length === 0) return [base64(toBinary(TensorProtoSchema, tensor))];
  const shape = `${tensor.dataType} [${tensor.dims.join(', ')}]`;
  return (inFiles.get(tensor.name) ?? []).map((content) => `${shape} ${content}`);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

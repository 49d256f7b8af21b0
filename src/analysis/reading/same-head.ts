import { toBinary } from '@bufbuild/protobuf';
import { NodeProtoSchema, type TensorProto } from '../../onnx/proto/onnx-ml_pb.ts';
import type { OpenModel } from '../model/open-model.ts';
import { cutHead } from '../surgery/cut-head.ts';

/**
 * Whether two models read their states through the very same norm and head, bit by bit, so that one loaded head
 * serves both: the same nodes over the same weights. Weights in data files count as the same when both manifests give
 * them the same hash; without manifests nothing is known, and the answer is no.
 */
export function haveSameHead(a: OpenModel, b: OpenModel): boolean {
  const [partsOfA, partsOfB] = [headParts(a), headParts(b)];
  if (partsOfA === undefined || partsOfB === undefined || partsOfA.size !== partsOfB.size) return false;
  return [...partsOfA].every(([name, content]) => partsOfB.get(name) === content);
}

/** Content of every node and initialiser of the head, by name; undefined when that of an initialiser is not known. */
function headParts({ model, anatomy, manifest }: OpenModel): Map<string, string> | undefined {
  const hashes = new Map(manifest?.tensors.map(({ name, sha256 }) => [name, sha256]));
  const { node: nodes, initializer: weights } = cutHead(model, anatomy, { norm: 'final' }).graph;
  const parts = new Map<string, string>();
  for (const node of nodes) parts.set(`node ${node.output[0]}`, base64(toBinary(NodeProtoSchema, node)));
  for (const tensor of weights) {
    const content = contentOf(tensor, hashes);
    if (content === undefined) return undefined;
    parts.set(`weights ${tensor.name}`, content);
  }
  return parts;
}

function contentOf(tensor: TensorProto, hashes: ReadonlyMap<string, string>): string | undefined {
  const shape = `${tensor.dataType} [${tensor.dims.join(', ')}] `;
  if (tensor.externalData.length === 0) return shape + base64(tensor.rawData);
  const hash = hashes.get(tensor.name);
  return hash && shape + hash;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

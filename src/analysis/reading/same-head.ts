import type { TensorProto } from '../../onnx/proto/onnx-ml_pb.ts';
import type { OpenModel } from '../model/open-model.ts';
import { cutHead } from '../surgery/cut-head.ts';

/**
 * Whether two models read their states through the very same norm and head, bit by bit, so that one loaded head
 * serves both. Weights in data files count as the same when both manifests give them the same hash; without manifests
 * nothing is known, and the answer is no.
 */
export function haveSameHead(a: OpenModel, b: OpenModel): boolean {
  const [weightsOfA, weightsOfB] = [headWeights(a), headWeights(b)];
  if (weightsOfA === undefined || weightsOfB === undefined || weightsOfA.size !== weightsOfB.size) return false;
  return [...weightsOfA].every(([name, content]) => weightsOfB.get(name) === content);
}

/** Content of every initialiser of the head, by name; undefined when one of them is not known. */
function headWeights({ model, anatomy, manifest }: OpenModel): Map<string, string> | undefined {
  const hashes = new Map(manifest?.tensors.map(({ name, sha256 }) => [name, sha256]));
  const contents = cutHead(model, anatomy, { norm: 'final' }).graph.initializer.map(
    (tensor) => [tensor.name, contentOf(tensor, hashes)] as const,
  );
  const known = contents.filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
  return known.length === contents.length ? new Map(known) : undefined;
}

function contentOf(tensor: TensorProto, hashes: ReadonlyMap<string, string>): string | undefined {
  const shape = `${tensor.dataType} [${tensor.dims.join(', ')}] `;
  if (tensor.externalData.length === 0) return shape + Buffer.from(tensor.rawData).toString('base64');
  const hash = hashes.get(tensor.name);
  return hash && shape + hash;
}

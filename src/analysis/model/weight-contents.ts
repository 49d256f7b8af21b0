import { externalFiles } from '../../onnx/external-data.ts';
import type { OpenModel } from './open-model.ts';

/**
 * What the weights of a model in data files hold, as texts: weights of two models that have a text in common are the
 * same, byte by byte. Either they stand at the same place of the same file, or the manifests of both give that place
 * the same hash. A name says nothing.
 */
export function weightContents(open: OpenModel): ReadonlyMap<string, readonly string[]> {
  const hashes = new Map(
    open.manifest?.tensors.map((tensor) => [placeText(tensor.file, tensor.offset, tensor.bytes), tensor.sha256]),
  );
  return new Map(
    weightsInFiles(open).map(({ tensor, place, listed }) => {
      const hash = hashes.get(listed);
      return [tensor, [...(place === undefined ? [] : [place]), ...(hash === undefined ? [] : [`sha256 ${hash}`])]];
    }),
  );
}

/**
 * Where the weights of a model stand, as texts: weights of two models that have a text in common are the same bytes of
 * the same file. A manifest claims what a file held when it was written; this holds whatever became of the file since.
 */
export function weightPlaces(open: OpenModel): ReadonlyMap<string, readonly string[]> {
  return new Map(
    weightsInFiles(open).map(({ tensor, place }) => [tensor, place === undefined ? [] : [place]] as const),
  );
}

interface WeightInFile {
  readonly tensor: string;
  /** undefined for a file that is not there */
  readonly place: string | undefined;
  /** the place as a manifest gives it */
  readonly listed: string;
}

function weightsInFiles({ model, file, dataFiles }: OpenModel): WeightInFile[] {
  return externalFiles(model, file).flatMap(({ file: name, tensors }) => {
    const { identity, name: listed = name } = dataFiles.get(name) ?? {};
    return tensors.map(({ name: tensor, offset, length }) => ({
      tensor,
      place: identity === undefined ? undefined : `file ${placeText(identity, offset, length)}`,
      listed: placeText(listed, offset, length),
    }));
  });
}

function placeText(file: string, offset: number, bytes: number): string {
  return `${file} ${offset}+${bytes}`;
}

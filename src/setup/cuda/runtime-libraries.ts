import { stat } from 'node:fs/promises';
import { inputError } from '../../errors.ts';
import { findInTree } from '../toolkit/find-in-tree.ts';
import type { FolderLibrary } from './plan.ts';
import { librariesOf, type PinnedContent, type PinnedMember, type PinnedSet } from './pinned.ts';

/**
 * ONNX Runtime's libraries below a folder, such as a Python environment with onnxruntime-gpu of the same version. Here
 * they are told by name and size; their hashes are compared while they are copied.
 * @throws FtLensError (input) when one is missing, or is no build that is known
 */
export async function findRuntimeLibraries(folder: string, pinned: PinnedSet): Promise<FolderLibrary[]> {
  const status = await stat(folder).catch(() => undefined);
  if (!status?.isDirectory())
    throw inputError('The folder of the libraries was not found.', {
      where: `--from-dir ${folder}`,
      got: status === undefined ? 'no such folder' : 'no folder',
      remedy: 'name a folder below which onnxruntime-gpu is installed, such as a Python environment',
    });
  const members = librariesOf([pinned.runtime]);
  const found = await findInTree(
    folder,
    members.map(({ file }) => file),
  );
  return Promise.all(members.map((member) => chooseFile(member, found.get(member.file) ?? [], folder, pinned)));
}

/** What is taken for a member: the pinned build, or an equal one of the same release. */
export function acceptedContents(member: PinnedMember): PinnedContent[] {
  return [{ bytes: member.bytes, sha256: member.sha256 }, ...(member.equivalents ?? [])];
}

async function chooseFile(
  member: PinnedMember,
  paths: readonly string[],
  folder: string,
  { onnxruntime, runtime }: PinnedSet,
): Promise<FolderLibrary> {
  const sizes = acceptedContents(member).map(({ bytes }) => bytes);
  let other: string | undefined;
  for (const path of paths) {
    const { size } = await stat(path);
    if (sizes.includes(size)) return { member, path };
    other ??= `${path} of ${size} bytes`;
  }
  throw inputError('The folder does not hold the GPU build of ONNX Runtime that is needed.', {
    where: `--from-dir ${folder}`,
    expected: `${member.file} of ${[...new Set(sizes)].join(' or ')} bytes, from ${runtime.project} ${onnxruntime}`,
    got: other ?? 'no such file',
    remedy: `pip install ${runtime.project}==${runtime.version} puts it into a Python environment`,
  });
}

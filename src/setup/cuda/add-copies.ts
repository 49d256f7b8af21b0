import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { inputError } from '../../errors.ts';
import type { CudaBuild } from './cuda-build.ts';
import type { InstallOptions } from './install-options.ts';
import type { InstalledLibrary } from './manifest-schema.ts';
import type { FolderLibrary } from './plan.ts';
import { acceptedContents } from './runtime-libraries.ts';
import { writeNewFile } from './verified-file.ts';

/** Copies libraries that a folder of the user holds into the build, each hashed on the way. */
export async function addCopies(
  build: CudaBuild,
  copies: readonly FolderLibrary[],
  { signal, onProgress }: InstallOptions,
): Promise<InstalledLibrary[]> {
  const totalBytes = copies.reduce((sum, { member }) => sum + member.bytes, 0);
  const libraries: InstalledLibrary[] = [];
  let done = 0;
  for (const { member, path } of copies) {
    const accepted = acceptedContents(member);
    const most = Math.max(...accepted.map((content) => content.bytes));
    const source = createReadStream(path, { highWaterMark: 2 ** 20 });
    const content = await writeNewFile(join(build.files, member.file), source, most, {
      signal,
      onBytes: (bytes) => onProgress?.({ step: 'copy', detail: member.file, bytes: (done += bytes), totalBytes }),
    });
    if (!accepted.some(({ sha256 }) => sha256 === content.sha256))
      throw inputError('This library is no build that is known.', {
        where: path,
        expected: `sha256 ${accepted.map(({ sha256 }) => sha256).join(' or ')}`,
        got: `sha256 ${content.sha256}`,
        remedy: 'leave --from-dir out: ft-lens setup cuda fetches the right one',
      });
    libraries.push({ name: member.file, path: member.file, ...content });
  }
  return libraries;
}

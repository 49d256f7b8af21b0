import { join, sep } from 'node:path';
import { expect, it } from 'vitest';
import { commonFolder } from '../../../src/analysis/model/common-folder.ts';

const path = (...parts: string[]) => sep + join(...parts);

it.each([
  { files: [path('a', 'base', 'data'), path('a', 'ft', 'data')], folder: path('a'), names: ['base/data', 'ft/data'] },
  { files: [path('a', 'data'), path('a', 'deep', 'er', 'data')], folder: path('a'), names: ['data', 'deep/er/data'] },
  { files: [path('a', 'x'), path('b', 'x')], folder: sep, names: ['a/x', 'b/x'] },
  // The beginning of a name is no folder.
  { files: [path('a', 'model', 'x'), path('a', 'model-2', 'x')], folder: path('a'), names: ['model/x', 'model-2/x'] },
])('finds $folder for $files', ({ files, folder, names }) => {
  const common = commonFolder(files);
  expect(common?.folder).toBe(folder);
  expect(files.map((file) => common?.nameOf(file))).toEqual(names);
});

it.runIf(sep === '\\')('finds none on two drives', () => {
  expect(commonFolder(['C:\\a\\x', 'D:\\a\\x'])).toBeUndefined();
});

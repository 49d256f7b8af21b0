import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { OnnxModel } from '../../onnx/model.ts';
import { allGraphs } from '../../onnx/sub-graphs.ts';
import { commonFolder } from './common-folder.ts';
import type { DataFile } from './data-files.ts';

interface DataFolder {
  /** against which the graph names its data files */
  readonly folder: string;
  readonly dataFiles: ReadonlyMap<string, DataFile>;
}

/**
 * Lets a graph name the data files themselves when its folder only links to them, as in a hub cache: the runtime takes
 * no link that leads out of the folder. Changes the graph in place.
 */
export async function followLinks(model: OnnxModel, { folder, dataFiles }: DataFolder): Promise<DataFolder> {
  const home = await realpath(folder);
  const paths = Array.from(dataFiles.values(), ({ path }) => path);
  const isLinked = [...dataFiles].some(([name, { path }]) => path !== join(home, name));
  const common = isLinked ? commonFolder(paths) : undefined;
  if (common === undefined) return { folder, dataFiles };
  const newName = (file: string): string => {
    const path = dataFiles.get(file)?.path;
    return path === undefined ? file : common.nameOf(path);
  };
  for (const { externalData } of allGraphs(model.graph).flatMap(({ initializer }) => initializer))
    for (const entry of externalData) if (entry.key === 'location') entry.value = newName(entry.value);
  return { folder: common.folder, dataFiles: new Map(Array.from(dataFiles, ([name, file]) => [newName(name), file])) };
}

import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { inputError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { externalFiles } from '../../onnx/external-data.ts';
import { decodeModel } from '../../onnx/model.ts';
import { validateModel } from '../../onnx/validate.ts';
import { readPinnedFile } from '../../pinned-file.ts';
import { MANIFEST_FILE, type Manifest } from '../folder/manifest.ts';
import { readManifestIfPresent } from '../folder/read-manifest.ts';
import { GRAPH_FILE } from '../folder/data-file-names.ts';
import { describeGraph, type GraphDescription } from './describe-graph.ts';

/** What an export folder holds, from its manifest and its graph; weights are not read. */
export interface ExportDescription {
  readonly type: 'export';
  readonly path: string;
  /** Without its lists of tensors and files; undefined for an export of another tool. */
  readonly manifest: Omit<Manifest, 'tensors' | 'files'> | undefined;
  readonly graph: GraphDescription;
  /** The graph, its data files, and all others that the manifest lists. */
  readonly files: readonly ExportedFile[];
  readonly bytes: number;
  /** Of these, bytes that other exports on the disk use too. */
  readonly sharedBytes: number;
}

interface ExportedFile {
  readonly name: string;
  readonly bytes: number;
  /** The file has another name somewhere: it is a hard link. */
  readonly linked: boolean;
  /** Name of the export that it was linked from, when the manifest says so. */
  readonly sharedWith: string | undefined;
}

/**
 * @param directory folder with manifest.json or an ONNX graph
 * @throws FtLensError (input) when there is no graph that can be read, or a file of it is missing
 */
export async function describeExport(directory: string): Promise<ExportDescription> {
  const manifest = await readManifestIfPresent(directory);
  const graphFile = manifest === undefined ? await findGraph(directory) : GRAPH_FILE;
  const path = join(directory, graphFile);
  const model = decodeModel(await readGraph(directory, graphFile), path);
  validateModel(model, path);
  const dataFiles = externalFiles(model, path)
    .map(({ file }) => file)
    .sort();
  const listed = manifest ? [MANIFEST_FILE, ...manifest.files.map(({ name }) => name)] : [];
  const unlisted = manifest && dataFiles.find((name) => !listed.includes(name));
  if (unlisted !== undefined) {
    throw inputError('This export is not as it was written.', {
      where: join(directory, unlisted),
      expected: `a file that ${MANIFEST_FILE} lists`,
      got: 'one that the graph reads, and it does not list',
      remedy: 'export again, or fetch the export again',
    });
  }
  const origins = new Map(manifest?.files.map((file) => [file.name, file.sharedWith]));
  const files = await Promise.all(
    Array.from(new Set([graphFile, ...dataFiles, ...listed]), (name) =>
      describeFile(directory, name, origins.get(name)),
    ),
  );
  const sum = (some: readonly ExportedFile[]): number => some.reduce((total, { bytes }) => total + bytes, 0);
  return {
    type: 'export',
    path: resolve(directory),
    manifest: manifest && withoutLists(manifest),
    graph: describeGraph(model),
    files,
    bytes: sum(files),
    sharedBytes: sum(files.filter(({ linked }) => linked)),
  };
}

function withoutLists({ tensors: _tensors, files: _files, ...rest }: Manifest): Omit<Manifest, 'tensors' | 'files'> {
  return rest;
}

async function findGraph(directory: string): Promise<string> {
  const graphs = (await readdir(directory)).filter((name) => name.endsWith('.onnx'));
  const [only] = graphs.includes(GRAPH_FILE) ? [GRAPH_FILE] : graphs;
  if (only !== undefined && (only === GRAPH_FILE || graphs.length === 1)) return only;
  throw inputError('The folder holds no single ONNX graph.', {
    where: directory,
    expected: GRAPH_FILE,
    got: graphs.length === 0 ? 'no .onnx file' : `${graphs.length} .onnx files`,
  });
}

async function readGraph(directory: string, name: string): Promise<Uint8Array> {
  const bytes = await readPinnedFile(directory, name, LIMITS.onnxGraphBytes);
  if (bytes !== undefined) return bytes;
  throw inputError('The graph of the export is missing.', { where: directory, expected: name, got: 'no such file' });
}

async function describeFile(directory: string, name: string, sharedWith: string | undefined): Promise<ExportedFile> {
  const entry = await stat(join(directory, name)).catch(() => undefined);
  if (entry?.isFile()) return { name, bytes: entry.size, linked: entry.nlink > 1, sharedWith };
  throw inputError('A file of the export is missing.', {
    where: directory,
    expected: name,
    got: entry ? 'no regular file' : 'no such file',
    remedy: `fetch ${basename(directory)} again, with all its files`,
  });
}

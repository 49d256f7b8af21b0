import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';

/** Folders that together may hold the libraries of one CUDA toolkit. */
export interface ToolkitPlace {
  /** for people: an option, a variable, a folder */
  readonly name: string;
  readonly folders: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const LDCONFIG = ['/sbin/ldconfig', '/usr/sbin/ldconfig'];

/** Where a CUDA toolkit stands on a machine, in the order in which the dynamic linker and people would look. */
export async function usualPlaces(environment: Environment = process.env): Promise<ToolkitPlace[]> {
  const linkerPath = (environment['LD_LIBRARY_PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const roots = [environment['CUDA_HOME'], environment['CUDA_PATH'], ...(await cudaFolders())];
  const pythons = [environment['VIRTUAL_ENV'], environment['CONDA_PREFIX']];
  const places = [
    { name: 'LD_LIBRARY_PATH', folders: linkerPath },
    { name: 'ldconfig', folders: await linkerCacheFolders() },
    ...roots.filter(isNamed).map((root) => ({
      name: root,
      folders: [join(root, 'lib64'), join(root, 'targets/x86_64-linux/lib'), join(root, 'lib')],
    })),
    ...(await Promise.all(pythons.filter(isNamed).map(pythonPlace))),
  ];
  return places.filter(({ folders }) => folders.length > 0);
}

function isNamed(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

/** /usr/local/cuda, then the others, the highest version first. */
async function cudaFolders(): Promise<string[]> {
  const names = (await readdir('/usr/local').catch(() => [])).filter((name) => /^cuda(-1\d(\.\d+)?)?$/.test(name));
  const byVersion = names.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return [...byVersion.filter((name) => name === 'cuda'), ...byVersion.filter((name) => name !== 'cuda')].map((name) =>
    join('/usr/local', name),
  );
}

/** Folders of the CUDA libraries in the cache of the dynamic linker. */
async function linkerCacheFolders(): Promise<string[]> {
  for (const program of LDCONFIG) {
    const text = await output(program, ['-p']);
    if (text !== undefined) return [...new Set(cachedLibraries(text).map(dirname))];
  }
  return [];
}

/** Paths in lines such as `libcudart.so.13 (libc6,x86-64) => /usr/local/cuda-13.0/lib64/libcudart.so.13`. */
export function cachedLibraries(text: string): string[] {
  const lines = text.matchAll(/^\s*libcu\S+\.so\.\d+ \(([^)]*)\) => (\/.+)$/gm);
  return [...lines].filter(([, kind]) => kind?.includes('x86-64')).map(([, , path]) => path as string);
}

function output(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, args, { maxBuffer: 2 ** 25, env: { LC_ALL: 'C' } }, (error, stdout) =>
      resolve(error === null ? stdout : undefined),
    );
  });
}

/** NVIDIA's wheels in a Python environment put their libraries into nvidia/PACKAGE/lib. */
async function pythonPlace(prefix: string): Promise<ToolkitPlace> {
  const lib = join(prefix, 'lib');
  const pythons = (await readdir(lib).catch(() => [])).filter((name) => /^python3\.\d+$/.test(name));
  const packages = pythons.map((name) => join(lib, name, 'site-packages/nvidia'));
  const folders = await Promise.all(
    packages.map(async (folder) => (await readdir(folder).catch(() => [])).map((name) => join(folder, name, 'lib'))),
  );
  return { name: prefix, folders: [...folders.flat(), lib] };
}

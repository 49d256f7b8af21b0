import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** One installed onnxruntime-node. */
export interface RuntimeCopy {
  readonly folder: string;
  readonly version: string;
}

const RUNTIME = 'onnxruntime-node';

/** Packages of the tree that load ONNX Runtime: two copies of it in one process crash. */
const USERS = ['@huggingface/transformers'];

/** The copies of onnxruntime-node that ft-lens and its dependencies would load; one, when all is well. */
export function findRuntimeCopies(from: string = import.meta.url): RuntimeCopy[] {
  const own = createRequire(from);
  const seekers = [own, ...USERS.flatMap((user) => resolved(own, user)).map((file) => createRequire(file))];
  const folders = new Set(seekers.flatMap((seeker) => resolved(seeker, RUNTIME)).map(packageFolder));
  return [...folders].map((folder) => ({ folder, version: versionOf(folder) }));
}

function resolved(require: NodeJS.Require, name: string): string[] {
  try {
    return [require.resolve(name)];
  } catch {
    return [];
  }
}

/** `…/onnxruntime-node` of `…/onnxruntime-node/dist/index.js` */
function packageFolder(file: string): string {
  const end = file.lastIndexOf(`${RUNTIME}/`);
  return end < 0 ? dirname(file) : file.slice(0, end + RUNTIME.length);
}

function versionOf(folder: string): string {
  try {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : 'unknown';
  } catch {
    return 'unknown';
  }
}

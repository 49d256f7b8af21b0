import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder of the CUDA libraries: `--dir`, else FT_LENS_CUDA_DIR, else one in the user's cache whose name holds the
 * version of ONNX Runtime, so that two versions of ft-lens do not share one.
 * @param onnxruntime such as 1.30.0
 * @returns absolute
 */
export function cudaFolder(onnxruntime: string, environment: Environment, asked?: string): string {
  const named = asked ?? nonEmpty(environment['FT_LENS_CUDA_DIR']);
  return named === undefined ? join(cacheFolder(environment), 'ft-lens', `cuda-ort-${onnxruntime}`) : resolve(named);
}

/** As the XDG Base Directory Specification says: a relative XDG_CACHE_HOME is ignored. */
function cacheFolder(environment: Environment): string {
  const xdg = environment['XDG_CACHE_HOME'];
  return xdg !== undefined && isAbsolute(xdg) ? xdg : join(nonEmpty(environment['HOME']) ?? homedir(), '.cache');
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

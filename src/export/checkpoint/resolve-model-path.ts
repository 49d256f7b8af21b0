import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { inputError } from '../../errors.ts';

const HUB_ID = /^[\w.-]{1,96}(\/[\w.-]{1,96})?$/;

/**
 * The folder of a checkpoint or adapter: `nameOrFolder` itself when it is a folder, else the snapshot that the local
 * Hugging Face cache holds under this name. Nothing is downloaded.
 * @throws FtLensError (input) that says how to fetch it
 */
export async function resolveModelPath(
  nameOrFolder: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  if (nameOrFolder.includes('\0')) throw inputError('A path cannot hold a NUL character.');
  const entry = await stat(nameOrFolder).catch(() => undefined);
  if (entry?.isDirectory()) return nameOrFolder;
  if (entry !== undefined) {
    const isGguf = nameOrFolder.endsWith('.gguf');
    throw inputError('This is a file, not a folder.', {
      where: nameOrFolder,
      expected: 'the folder that holds config.json and the weights',
      got: isGguf ? 'a GGUF file' : 'a file',
      remedy: isGguf
        ? 'take the checkpoint that it was made from, in safetensors'
        : 'give the folder that it stands in',
    });
  }
  if (!HUB_ID.test(nameOrFolder) || /^\.|\.\./.test(nameOrFolder)) {
    throw inputError('This folder was not found.', {
      where: nameOrFolder,
      expected: 'a folder',
      got: 'no such folder',
      remedy: 'check the path',
    });
  }
  const cached = join(hubCache(environment), `models--${nameOrFolder.replace('/', '--')}`);
  const revision = (await readFile(join(cached, 'refs', 'main'), 'utf8').catch(() => '')).trim();
  const snapshot = join(cached, 'snapshots', revision);
  const found = /^[0-9a-f]{40}$/.test(revision) && (await stat(snapshot).catch(() => undefined))?.isDirectory();
  if (found) return snapshot;
  throw inputError('This model was found neither as a folder nor in the Hugging Face cache.', {
    where: nameOrFolder,
    expected: `a folder, or a snapshot in ${cached}`,
    got: 'neither',
    remedy: `check the path; a model of the Hugging Face hub is fetched with: hf download ${nameOrFolder}`,
  });
}

/** Where huggingface_hub keeps models: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables */
function hubCache(environment: NodeJS.ProcessEnv): string {
  const home = (path: string) => path.replace(/^~(?=$|\/)/, homedir());
  const hub = environment['HF_HUB_CACHE'] || environment['HUGGINGFACE_HUB_CACHE'];
  if (hub) return home(hub);
  const cache = environment['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(home(environment['HF_HOME'] || join(cache, 'huggingface')), 'hub');
}

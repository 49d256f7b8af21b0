import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { tryToLoad } from './load-libraries.ts';

/** What WebGPU needs of a Linux machine. */
export interface Vulkan {
  /** whether it loads */
  readonly loader: boolean;
  /** names of the drivers that are registered with it, such as `nvidia_icd.json` */
  readonly drivers: readonly string[];
}

const DRIVER_FOLDERS = ['/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/usr/share/vulkan/icd.d'];

/** A Vulkan loader outside the paths of the dynamic linker, as FT_LENS_VULKAN_LIBRARY names it. */
export function vulkanLibrary(environment = process.env): string | undefined {
  return environment['FT_LENS_VULKAN_LIBRARY'] || undefined;
}

/** The Vulkan loader and the drivers that it would find, as its documentation lists the places. */
export async function findVulkan(environment = process.env, folders = DRIVER_FOLDERS): Promise<Vulkan> {
  const library = vulkanLibrary(environment) ?? 'libvulkan.so.1';
  const result = await tryToLoad([library], environment).catch(() => undefined);
  const loader = result !== undefined && result.failures[library] === undefined;
  const named = environment['VK_DRIVER_FILES'] ?? environment['VK_ICD_FILENAMES'];
  if (named !== undefined && named !== '') return { loader, drivers: named.split(delimiter) };
  const lists = await Promise.all(
    folders.map(async (folder) => (await readdir(folder).catch(() => [])).map((name) => join(folder, name))),
  );
  return { loader, drivers: lists.flat().filter((path) => path.endsWith('.json')) };
}

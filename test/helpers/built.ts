/**
 * A module of the built program, with the types of its source: child processes and threads start from compiled files.
 * @param path below dist/, such as `analysis/analyze.js`
 */
export async function built<Module>(path: string): Promise<Module> {
  return (await import(new URL(`../../dist/${path}`, import.meta.url).href)) as Module;
}

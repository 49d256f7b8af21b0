import { execFile } from 'node:child_process';

/** A driver that hangs must not hang ft-lens, ms. */
const TIMEOUT_MS = 20_000;

/**
 * Loads each library named on its command line, as a plain shared library, and prints what came of it as JSON: the
 * error, and the real path under which it is mapped. RTLD_NOW, and RTLD_NODELETE (0x1000): Node closes what is no addon.
 */
const PROGRAM = `
const { constants } = require('node:os');
const { readFileSync } = require('node:fs');
const failures = {};
for (const file of process.argv.slice(1)) {
  try { process.dlopen({ exports: {} }, file, constants.dlopen.RTLD_NOW | 0x1000); }
  catch (error) { if (!error.message.includes('did not self-register')) failures[file] = error.message; }
}
const mapped = new Set(readFileSync('/proc/self/maps', 'utf8').split('\\n').map((line) => line.split(/\\s+/).slice(5).join(' ')));
console.log(JSON.stringify({ failures, mapped: [...mapped].filter((path) => path.startsWith('/')) }));
`;

export interface LoadResult {
  /** why a library could not be loaded, by the name that was given */
  readonly failures: Readonly<Record<string, string>>;
  /** real paths of everything that the process had mapped in the end */
  readonly mapped: readonly string[];
}

/**
 * Tries to load shared libraries, in this order, in a process of its own: a library once loaded stays, runs code of its
 * own, and a broken one can end its process. Linux only.
 * @param files absolute paths, or names for the dynamic linker to find
 * @throws Error when the process died or hung
 */
export function tryToLoad(files: readonly string[], environment = process.env): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--eval', PROGRAM, '--', ...files],
      { env: environment, timeout: TIMEOUT_MS, killSignal: 'SIGKILL' },
      (error, stdout) => {
        if (error) {
          const { signal, code } = error;
          reject(new Error(`loading ${files.join(', ')} ended the process: ${signal ?? `exit code ${code}`}`));
          return;
        }
        try {
          // A library may have printed something of its own before.
          resolve(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as LoadResult);
        } catch {
          reject(new Error(`loading ${files.join(', ')} gave no result`));
        }
      },
    );
  });
}

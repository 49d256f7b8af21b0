import { build, type Metafile, type Plugin } from 'esbuild';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/**
 * Joins the modules of the command line into a few files, after `tsc`: to find and load 330 of them one by one, its own
 * and those of zod and protobuf, takes Node.js 0.3 s of every run; the same code in a few files takes 0.1 s. What is
 * imported on demand stays so. The library (dist/index.js), child processes and threads use the files of `tsc`.
 *
 *     tsx scripts/bundle.ts [DIST]
 */
const dist = resolve(process.argv[2] ?? join(import.meta.dirname, '../dist'));
const bundle = join(dist, 'bundle');

/** Packages of a hundred modules each, none of which looks for files beside it. Others stay packages. */
const JOINED = ['zod', '@bufbuild/protobuf'];

const rules: Plugin = {
  name: 'rules',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path }) =>
      JOINED.some((name) => `${path}/`.startsWith(`${name}/`)) ? undefined : { path, external: true },
    );
    // A module that looks for files beside it keeps its own address, wherever its code goes.
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      if (!path.startsWith(dist)) return undefined;
      const address = `new URL(${JSON.stringify(relative(bundle, path))}, import.meta.url).href`;
      return { contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', address) };
    });
  },
};

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

/** The licences of every package whose code is in the bundle. */
function licences({ inputs }: Metafile): string {
  const modules = Object.keys(inputs);
  const packages = new Set(modules.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
  const texts = [...packages].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Package;
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text =
      file === undefined
        ? notices(modules.filter((path) => path.startsWith(`${folder}/`)))
        : readFileSync(join(folder, file), 'utf8').trim();
    if (text === '') throw new Error(`${name}: no licence to put beside its code`);
    return `${name} ${version}: ${license}\n\n${text}\n`;
  });
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

/** For a package without a file of its licence: what its modules begin with, each notice once. */
function notices(paths: readonly string[]): string {
  const found = new Map<string, string>();
  for (const path of paths) {
    const comment = /^(?:\/\/.*\n)+/.exec(readFileSync(path, 'utf8'))?.[0] ?? '';
    const [owner = ''] = comment.split('\n', 1);
    const shortest = found.get(owner);
    if (owner.includes('Copyright') && comment.length < (shortest?.length ?? Infinity)) found.set(owner, comment);
  }
  return [...found.values()]
    .join('\n')
    .replaceAll(/^\/\/ ?/gm, '')
    .trim();
}

/** The program imports only its start, so that a second run still bundles what `tsc` has written. */
const start = join(dist, 'cli/start.js');
const { metafile, outputFiles } = await build({
  entryPoints: [start],
  outdir: bundle,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  plugins: [rules],
  metafile: true,
  write: false,
  logLevel: 'warning',
});
const texts = licences(metafile);

const unfinished = `${bundle}.partial`;
rmSync(unfinished, { recursive: true, force: true });
mkdirSync(unfinished, { recursive: true });
for (const { path, contents } of outputFiles) writeFileSync(join(unfinished, relative(bundle, path)), contents);
writeFileSync(join(unfinished, 'LICENSES.txt'), texts);
rmSync(bundle, { recursive: true, force: true });
renameSync(unfinished, bundle);
writeFileSync(join(dist, 'cli/main.js'), `#!/usr/bin/env node\nimport '../bundle/start.js';\n`);

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { productionPackages, type LockFile } from '../../scripts/licences/licence-list.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const repository = join(import.meta.dirname, '../..');
const root = temporaryFolder();
const app = join(root, 'app');
const installed = join(app, 'node_modules/ft-lens');
const PROMPT = 'You are a fox. you are fox, give';

const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const run = (program: string, args: readonly string[], cwd: string): string =>
  execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28 });

/** What a package may hold. */
const NEEDED = [
  /^package\.json$/,
  /^README\.md$/,
  /^LICENSE$/,
  /^models\/README\.md$/,
  /^models\/(?:base|ft)-int4\/[\w.]+$/,
  /^dist\/[\w/.-]+\.(?:js|d\.ts)$/,
  /^dist\/bundle\/LICENSES\.txt$/,
  /^dist\/export\/kernels\/kernels\.wasm$/,
  /^dist\/render\/html\/page\.(?:js|css)$/,
];

/** Lines of `tar`: the kind of an entry, and its name. */
let entries: { readonly kind: string; readonly name: string }[];
let packedBytes: number;

// As npm installs it, but from the packages that are here: those of production only, and no others beside them.
beforeAll(() => {
  mkdirSync(installed, { recursive: true });
  const [packed] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', root], repository),
  ) as [{ readonly filename: string; readonly size: number }];
  const archive = join(root, packed.filename);
  packedBytes = packed.size;
  entries = run('tar', ['-tvzf', archive], root)
    .trim()
    .split('\n')
    .map((line) => ({ kind: line[0] as string, name: line.replace(/^.* package\//, '') }));
  run('tar', ['-xzf', archive, '--strip-components=1', '-C', installed], root);
  const lock = json(join(repository, 'package-lock.json')) as LockFile;
  for (const { name } of productionPackages(lock)) {
    const [from, to] = [join(repository, 'node_modules', name), join(app, 'node_modules', name)];
    mkdirSync(dirname(to), { recursive: true });
    if (existsSync(from) && !existsSync(to)) symlinkSync(from, to);
  }
  writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }\n');
});

describe.runIf(process.platform !== 'win32')('the package', () => {
  test('holds what is needed, and nothing else', () => {
    const names = entries.map(({ name }) => name);
    expect(names.filter((name) => !NEEDED.some((pattern) => pattern.test(name)))).toEqual([]);
    for (const file of readdirSync(join(repository, 'models/ft-int4')))
      expect(names).toContain(`models/ft-int4/${file}`);
    // The demo pair is 5 MB of it: it makes the first minute work without a download.
    expect(packedBytes).toBeLessThan(10e6);
  });

  test('holds no link: npm installs none', () => {
    expect(entries.filter(({ kind }) => kind !== '-')).toEqual([]);
  });

  test('holds nothing whose source is gone', () => {
    const compiled = entries
      .map(({ name }) => name)
      .filter((name) => name.startsWith('dist/') && !name.startsWith('dist/bundle/') && name.endsWith('.js'));
    const source = (name: string): string => join(repository, name.replace('dist/', 'src/').replace(/\.js$/, '.ts'));
    const orphans = compiled.filter((name) => name !== 'dist/render/html/page.js' && !existsSync(source(name)));
    expect(orphans, 'left over in dist/: remove it, and build again').toEqual([]);
  });

  test('tells the licence of every package whose code it holds', () => {
    const licences = readFileSync(join(installed, 'dist/bundle/LICENSES.txt'), 'utf8');
    for (const part of [
      'zod 4',
      'Copyright (c) 2025 Colin McDonnell',
      '@bufbuild/protobuf 2',
      'Copyright 2008 Google Inc.',
    ])
      expect(licences).toContain(part);
  });

  test('needs no script to be installed', () => {
    const { scripts = {} } = json(join(installed, 'package.json')) as { scripts?: Record<string, string> };
    expect(Object.keys(scripts).filter((name) => /^(?:pre|post)?(?:install|prepare)$/.test(name))).toEqual([]);
  });

  test('runs the demo in an empty folder', () => {
    const empty = mkdtempSync(join(root, 'empty-'));
    const { bin } = json(join(installed, 'package.json')) as { bin: { 'ft-lens': string } };
    const program = join(installed, bin['ft-lens']);
    expect(readFileSync(program, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    const report = run(process.execPath, [program, 'analyze', PROMPT, '--json', '--quiet'], empty);
    const { comparison, checks } = JSON.parse(report) as {
      comparison: { verdict: { kind: string } };
      checks: { status: string }[];
    };
    expect(comparison.verdict.kind).toBe('answer-changes');
    expect(checks.filter(({ status }) => status !== 'pass')).toEqual([]);
    expect(readdirSync(empty)).toEqual([]);
  });

  test('is a library with types', () => {
    writeFileSync(
      join(app, 'use.ts'),
      `import { analyze, checkMerge, exportModel, FtLensError, renderTable, type Report } from 'ft-lens';
const report: Report = await analyze({ prompt: 'fox', base: 'nowhere' }, { onProgress: ({ type }) => void type });
const layers: number = report.models.base.layers;
// @ts-expect-error a prompt is no number
await analyze({ prompt: 5, base: 'nowhere' });
export { checkMerge, exportModel, FtLensError, layers, renderTable };
`,
    );
    const tsc = join(repository, 'node_modules/.bin/tsc');
    const options = ['--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext', '--target', 'es2023'];
    const types = ['--types', 'node', '--typeRoots', join(repository, 'node_modules/@types')];
    run(tsc, [...options, ...types, '--outDir', app, 'use.ts'], app);
    const use = "await import('./use.js').catch(({ name, kind }) => console.log(name, kind))";
    expect(run(process.execPath, ['--input-type=module', '--eval', use], app)).toBe('FtLensError input\n');
  });
});

/**
 * Builds ft-lens from nothing, packs it, installs the package as its users do, in an empty folder and globally, and runs
 * the demo there. Packages come from npm's cache or the registry.
 *
 *     npm run try-package
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const work = mkdtempSync(join(tmpdir(), 'ft-lens-package-'));
const QUIET = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];

try {
  // What a source that is gone has left in dist would be packed, too.
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  run('npm', ['run', 'build'], root);
  run('npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', work], root);
  const packed = join(work, readdirSync(work).find((name) => name.endsWith('.tgz')) as string);
  say(`packed: ${megabytes(statSync(packed).size)}`);

  const app = mkdtempSync(join(work, 'app-'));
  writeFileSync(join(app, 'package.json'), '{ "private": true }\n');
  run('npm', ['install', ...QUIET, packed], app);
  say(`installed: ${megabytes(sizeOf(join(app, 'node_modules')))}, ${packagesIn(join(app, 'node_modules'))} packages`);
  tryDemo(join(app, 'node_modules/.bin/ft-lens'));

  const prefix = mkdtempSync(join(work, 'global-'));
  run('npm', ['install', '--global', '--prefix', prefix, ...QUIET, packed], work);
  tryDemo(join(prefix, 'bin/ft-lens'));
  const api = "import('ft-lens').then(({ analyze }) => process.exit(typeof analyze === 'function' ? 0 : 1))";
  run(process.execPath, ['--eval', api], app);
  say('the program runs where it was installed, and the library loads');
} finally {
  rmSync(work, { recursive: true, force: true });
}

function tryDemo(program: string): void {
  const empty = mkdtempSync(join(work, 'empty-'));
  const report = run(program, ['analyze', 'You are a fox. you are fox, give', '--quiet', '--json'], empty);
  const { comparison } = JSON.parse(report) as { comparison: { verdict: { kind: string } } };
  if (comparison.verdict.kind !== 'answer-changes') throw new Error(`another verdict: ${comparison.verdict.kind}`);
  if (readdirSync(empty).length > 0) throw new Error('the run has left files');
}

function run(program: string, args: readonly string[], cwd: string): string {
  return execFileSync(program, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function packagesIn(folder: string): number {
  const names = readdirSync(folder, { recursive: true }) as string[];
  return names.filter((name) => /(?:^|node_modules\/)(?:@[^/]+\/)?[^/]+\/package\.json$/.test(name)).length;
}

function sizeOf(folder: string): number {
  const names = readdirSync(folder, { recursive: true }) as string[];
  return names.reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

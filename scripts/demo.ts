/**
 * The main job on the smallest models there are: exports a checkpoint of the fixtures twice, without and with a LoRA,
 * and shows what the LoRA does. Run it with `npm run demo`; arguments after `--` go to `ft-lens analyze`.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const FIXTURES = 'test/fixtures';
const [BASE, FINE_TUNE] = ['.cache/demo/base-int4', '.cache/demo/ft-int4'];
const PROMPT = 'You are a fox. you are fox, give say a';

const checkpoint = ['--checkpoint', `${FIXTURES}/tiny-published`];
const adapter = ['--adapter', `${FIXTURES}/adapters/tiny-published/attention-experts`];

ftLens('export', ...checkpoint, '--out', BASE, '--force');
ftLens('export', ...checkpoint, ...adapter, '--share-with', BASE, '--out', FINE_TUNE, '--force');
ftLens('analyze', PROMPT, '--base', BASE, '--ft', FINE_TUNE, ...process.argv.slice(2));

/** Shows the command and runs it on this terminal; the first failure ends the demo with its exit code. */
function ftLens(...args: string[]): void {
  const shown = args.map((arg) => (arg.includes(' ') ? `"${arg}"` : arg)).join(' ');
  process.stderr.write(`\n$ ft-lens ${shown}\n`);
  const main = join(ROOT, 'dist/cli/main.js');
  const { status } = spawnSync(process.execPath, [main, ...args], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

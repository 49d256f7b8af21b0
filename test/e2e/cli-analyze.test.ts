import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLI, FIXTURES, ftLens, temporaryFolder, type CliOptions, type CliResult } from '../helpers/cli.ts';

const PROMPT = 'You are a fox. you are fox, give say a';
const PAIR = ['--base', 'base-int4', '--ft', 'ft-int4'];

let folder: string;
let report: string;
const inFolder = (args: readonly string[], options: CliOptions = {}): Promise<CliResult> =>
  ftLens(args, { cwd: folder, ...options });

beforeAll(async () => {
  folder = temporaryFolder();
  const checkpoint = join(FIXTURES, 'tiny-published');
  const adapter = join(FIXTURES, 'adapters/tiny-published/attention-experts');
  await inFolder(['export', '--checkpoint', checkpoint, '--out', 'base-int4']);
  const args = ['--adapter', adapter, '--share-with', 'base-int4', '--out', 'ft-int4'];
  await inFolder(['export', '--checkpoint', checkpoint, ...args]);
  report = (await inFolder(['analyze', PROMPT, ...PAIR, '--json'])).stdout;
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('--json', () => {
  test('is one document that the published schema accepts', async () => {
    const schema = JSON.parse((await inFolder(['schema'])).stdout);
    const validate = new Ajv2020({ strict: false }).compile(schema);
    expect(report.endsWith('}\n')).toBe(true);
    const valid = validate(JSON.parse(report));
    expect(validate.errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  test('of several positions, with tracked sets, is such a document too', async () => {
    const options = ['--positions', 'all', '--track', 'You', '--track', 'the,are', '--json'];
    const { stdout } = await inFolder(['analyze', PROMPT, ...PAIR, ...options]);
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse((await inFolder(['schema'])).stdout));
    validate(JSON.parse(stdout));
    expect(validate.errors ?? []).toEqual([]);
    const { settings, comparison, models } = JSON.parse(stdout);
    expect(settings.trackedSets).toHaveLength(2);
    expect(comparison.routing.layers).toHaveLength(3);
    expect(models.ft.expertLoad).toHaveLength(3);
  });

  test('with layers of attention, heads and the cross-head reading, too; every format takes it', async () => {
    const options = ['--attention-layers', '1,3', '--heads', '--cross-head', '-o', 'attention.json'];
    await inFolder(['analyze', PROMPT, ...PAIR, '--json', ...options]);
    const written = JSON.parse(readFileSync(join(folder, 'attention.json'), 'utf8'));
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse((await inFolder(['schema'])).stdout));
    validate(written);
    expect(validate.errors ?? []).toEqual([]);
    expect(written.models.ft.attentionLayers.map(({ layer }: { layer: number }) => layer)).toEqual([1, 3]);
    expect(written.comparison.attentionLayers[0].heads).toHaveLength(4);
    expect(written.comparison.crossHead).toEqual({ sameHead: true, positions: [] });
    for (const [format, expected] of [
      ['table', 'Attention by layer'],
      ['csv', 'attentionLayers.heads.jsNats'],
      ['html', '--attention-layers 1,3 --heads --cross-head'],
    ] as const) {
      const { stdout, stderr } = await inFolder(['render', 'attention.json', '--format', format]);
      expect(stderr).toBe('');
      expect(stdout).toContain(expected);
    }
  });

  test.each([
    [['--attention-layers', '0'], 'the embedding, which attends to nothing'],
    [['--attention-layers', '4'], '1 to 3'],
    [['--attention-layers', 'first'], 'last, all or a list such as 1,24,48'],
    [['--cross-head', '--base', 'base-int4'], 'add --ft DIR'],
  ])('is refused with %j', async (options, words) => {
    const models = options.includes('--base') ? [] : PAIR;
    const { status, stdout, stderr } = await inFolder(['analyze', PROMPT, ...models, ...options, '--json']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(words);
  });

  test('of one model has no comparison; every option shows in it', async () => {
    const options = ['-k', '2', '--final-top', '3', '--attention-top', '4', '--positions', '0,-1', '--heads'];
    const more = ['--track', ' fox', '--track', '#5', '--norm', 'none', '--active-threshold', '0.5'];
    const { stdout } = await inFolder(['analyze', PROMPT, '--base', 'base-int4', '--json', ...options, ...more]);
    const single = JSON.parse(stdout);
    expect(Object.keys(single.models)).toEqual(['base']);
    expect(single).not.toHaveProperty('comparison');
    expect(single.settings).toMatchObject({
      topK: 2,
      finalTop: 3,
      norm: 'none',
      activeThreshold: 0.5,
      positions: [0, 11],
    });
    expect(single.settings.tracked).toEqual([
      { id: 259, text: ' fox' },
      { id: 5, text: '&' },
    ]);
    const [position] = single.models.base.positions;
    expect(position.layers[0].top).toHaveLength(2);
    expect(position.layers[0].tracked).toHaveLength(2);
    expect(position.final.top).toHaveLength(3);
    expect(single.models.base.attention.top).toHaveLength(4);
    expect(single.models.base.attention.heads).toHaveLength(4);
  });

  test('goes into a script, and into head', async () => {
    const run = promisify(execFile);
    const analyze = `"${process.execPath}" "${CLI}" analyze "${PROMPT}" --quiet --base base-int4 --ft ft-int4`;
    const script = `let s="";process.stdin.on("data",d=>s+=d).on("end",()=>console.log(JSON.parse(s).checks.length>0))`;
    const node = await run(
      'bash',
      ['-o', 'pipefail', '-c', `${analyze} --json | "${process.execPath}" -e '${script}'`],
      {
        cwd: folder,
      },
    );
    const head = await run('bash', ['-o', 'pipefail', '-c', `${analyze} --positions all --layers all | head -1`], {
      cwd: folder,
    });
    expect(node).toMatchObject({ stdout: 'true\n', stderr: '' });
    expect(head.stdout).toMatch(/^ft-lens · base-int4 → ft-int4 .*\n$/);
    expect(head.stderr).toBe('');
  });
});

describe('the prompt', () => {
  test.each([
    ['standard input', ['-'], { input: PROMPT }],
    ['a file', ['--prompt-file', 'prompt.txt'], {}],
  ])('from %s is that of the argument', async (_name, args, options) => {
    writeFileSync(join(folder, 'prompt.txt'), PROMPT);
    const { stdout } = await inFolder(['analyze', ...args, '--base', 'base-int4', '--json'], options);
    expect(JSON.parse(stdout).prompt).toEqual(JSON.parse(report).prompt);
  });

  test('as token ids reads the same', async () => {
    const ids = JSON.parse(report).prompt.tokens.map(({ id }: { id: number }) => id);
    const { stdout } = await inFolder(['analyze', '--token-ids', ids.join(','), ...PAIR, '--json']);
    expect(JSON.parse(stdout).comparison).toEqual(JSON.parse(report).comparison);
  });

  test('with the chat template', async () => {
    const args = ['analyze', 'say a word', '--base', 'base-int4', '--chat', '--system', 'You are a fox.', '--json'];
    const { prompt } = JSON.parse((await inFolder(args)).stdout);
    expect(prompt.chat).toBe(true);
    expect(prompt.text).toBe(
      '<|im_start|>system\nYou are a fox.<|im_end|>\n<|im_start|>user\nsay a word<|im_end|>\n<|im_start|>assistant\n',
    );
    expect(prompt.tokens[0]).toEqual({ position: 0, id: 306, text: '<|im_start|>' });
  });
});

describe('the table', () => {
  test('has no colour and no terminal sequence in a pipe, and nothing is cut', async () => {
    const { status, stdout, stderr } = await inFolder(['analyze', PROMPT, ...PAIR]);
    expect(status).toBe(0);
    expect(stdout).not.toMatch(/[^\n\P{Cc}]/u);
    expect(stderr).not.toMatch(/[^\n\P{Cc}]/u);
    expect(stdout).toContain('Embed │');
    expect(stdout).toContain('L-3 ');
    expect(stdout).toContain('Verdict ');
    expect(stderr).toMatch(/^device {3}cpu \(auto: no CUDA libraries; ft-lens doctor tells why\)\n/);
  });

  test('FORCE_COLOR colours a pipe; NO_COLOR alone does not; --no-color goes before both', async () => {
    const args = ['analyze', PROMPT, ...PAIR, '--quiet'];
    const forced = await inFolder(args, { env: { FORCE_COLOR: '1' } });
    const forbidden = await inFolder(args, { env: { NO_COLOR: '1' } });
    const overruled = await inFolder([...args, '--no-color'], { env: { FORCE_COLOR: '1' } });
    expect(forced.stdout).toContain('\u001B[');
    expect(forbidden.stdout).not.toContain('\u001B');
    expect(overruled.stdout).toBe(forbidden.stdout);
  });

  test('of a saved report is the same, without the models', async () => {
    writeFileSync(join(folder, 'report.json'), report);
    const now = await inFolder(['render', 'report.json', '--width', '100']);
    const json = await inFolder(['render', 'report.json', '--json']);
    expect(now.status).toBe(0);
    expect(now.stdout).toContain('Verdict ');
    expect(json.stdout).toBe(report);
  });

  test('--ascii is ASCII; ACCESSIBLE has sentences', async () => {
    writeFileSync(join(folder, 'report.json'), report);
    const ascii = await inFolder(['render', 'report.json', '--ascii']);
    const sentences = await inFolder(['render', 'report.json'], { env: { ACCESSIBLE: '1' } });
    expect(ascii.stdout).toMatch(/^[\n\x20-\x7e]+$/);
    expect(sentences.stdout).toContain('Layer 3.');
  });
});

describe('-o', () => {
  test('writes the file whole, replaces it, and says nothing on stdout', async () => {
    for (const format of ['table', 'json']) {
      const { status, stdout } = await inFolder(['analyze', PROMPT, ...PAIR, '--format', format, '-o', 'result']);
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    }
    expect(JSON.parse(readFileSync(join(folder, 'result'), 'utf8')).schema).toBe('ft-lens.report');
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });
});

describe('--fail-on', () => {
  test('no-difference: 1 for two equal models, 0 for two that differ', async () => {
    const rule = ['--fail-on', 'no-difference', '--quiet'];
    const equal = await inFolder(['analyze', PROMPT, '--base', 'base-int4', '--ft', 'base-int4', ...rule]);
    const different = await inFolder(['analyze', PROMPT, ...PAIR, ...rule]);
    expect([equal.status, different.status]).toEqual([1, 0]);
    expect(equal.stdout).toContain('bit-identical');
  });

  test('within-noise: 1 for two models that differ no more than the floor, 0 for others', async () => {
    const models = join(FIXTURES, '../../models');
    await inFolder(['export', '--checkpoint', join(models, 'base'), '--out', 'demo-int8', '--bits', '8']);
    const rule = ['--floor', 'demo-int8', '--fail-on', 'within-noise', '--quiet'];
    const against = (ft: string): Promise<CliResult> =>
      inFolder(['analyze', PROMPT, '--base', join(models, 'base-int4'), '--ft', ft, ...rule]);
    const recipe = await against('demo-int8');
    const tuned = await against(join(models, 'ft-int4'));
    const equal = await against(join(models, 'base-int4'));
    expect([recipe.status, tuned.status, equal.status]).toEqual([1, 0, 1]);
    expect(recipe.stdout).toMatch(/Verdict {3}Only the rounding differs/);
    expect(tuned.stdout).toMatch(/lie above the noise\s+floor \(demo-int8\)/);
  });

  test('self-check: 1 when the last row is not what the model says, as without the final norm', async () => {
    const rule = ['--fail-on', 'self-check', '--quiet'];
    const whole = await inFolder(['analyze', PROMPT, ...PAIR, ...rule]);
    const withoutNorm = await inFolder(['analyze', PROMPT, ...PAIR, '--norm', 'none', ...rule]);
    expect([whole.status, withoutNorm.status]).toEqual([0, 1]);
    expect(withoutNorm.stdout).toMatch(/CHECK FAILED/);
  });
});

describe('the process', () => {
  test('leaves no telemetry of ONNX Runtime, and no file of its own, in the home folder', async () => {
    const home = temporaryFolder();
    await inFolder(['analyze', PROMPT, ...PAIR, '--quiet'], { env: { HOME: home, TMPDIR: home } });
    expect(readdirSync(home)).toEqual([]);
    rmSync(home, { recursive: true });
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'ends on %s with 130, writes nothing and leaves no engine',
    async (signal) => {
      // Inherited by every process that ft-lens starts, whoever is its parent in the end.
      const mark = `FT_LENS_TEST_RUN=${randomUUID()}`;
      const [name = '', value = ''] = mark.split('=');
      const child = spawn(process.execPath, [CLI, 'analyze', PROMPT, ...PAIR, '-o', 'never'], {
        cwd: folder,
        env: { ...process.env, [name]: value },
      });
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      // With the first line the engine is starting.
      child.stderr.once('data', () => child.kill(signal));
      expect(await new Promise((resolve) => child.on('close', resolve))).toBe(130);
      expect(stderr).toMatch(/error {2}Interrupted\. +exit 130\n$/);
      expect(existsSync(join(folder, 'never'))).toBe(false);
      expect(processesWith(mark)).toEqual([]);
    },
  );

  test('ends while it waits for a prompt on standard input', async () => {
    const child = spawn(process.execPath, [CLI, 'analyze', '-', '--base', 'base-int4'], { cwd: folder });
    setTimeout(() => child.kill('SIGINT'), 700);
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(130);
  });
});

/** Numbers of the processes with this in their environment; none where /proc is not there. */
function processesWith(variable: string): string[] {
  if (!existsSync('/proc')) return [];
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/environ`, 'latin1').includes(variable);
    } catch {
      return false; // it has ended, or is not ours
    }
  });
}

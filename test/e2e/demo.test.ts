import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXPORTS, exportModels, filesOf } from '../../scripts/demo/export-models.ts';
import { MODELS } from '../../scripts/demo/models.ts';
import { type Report, reportSchema } from '../../src/report/schema.ts';
import { verdictOf } from '../../src/report/verdict.ts';
import { ftLens, temporaryFolder } from '../helpers/cli.ts';

const PROMPT = 'You are a fox. you are fox, give';

let elsewhere: string;
beforeAll(() => (elsewhere = temporaryFolder()));
afterAll(() => rmSync(elsewhere, { recursive: true }));

/** The JSON report of `ft-lens analyze`, started in a folder that holds no models. */
async function analyze(...args: string[]): Promise<Report> {
  const { status, stdout, stderr } = await ftLens(['analyze', ...args, '--json', '--quiet'], { cwd: elsewhere });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return reportSchema.parse(JSON.parse(stdout));
}

const verdictKind = (report: Report): string =>
  verdictOf(report, { quote: (text) => text, plain: (text) => text }).kind;

describe('the exports in models/', () => {
  let remade: string;
  beforeAll(async () => {
    remade = join(elsewhere, 'remade');
    await exportModels(remade);
  });

  test.each(EXPORTS)('%s is what export makes of the checkpoint and the adapter, byte for byte', async (name) => {
    const [made, committed] = await Promise.all([filesOf(join(remade, name)), filesOf(join(MODELS, name))]);
    expect([...committed.keys()]).toContain('manifest.json');
    expect([...made.keys()]).toEqual([...committed.keys()]);
    const different = [...made].filter(([file, bytes]) => committed.get(file)?.equals(bytes) !== true);
    expect(different.map(([file]) => file)).toEqual([]);
  });

  test('of which the pair goes into the package', () => {
    const { files } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
    expect(files).toEqual(expect.arrayContaining(['models/base-int4', 'models/ft-int4']));
  });
});

describe('analyze without --base', () => {
  test('shows that the fine-tune changes the answer, from any folder, with every check passed', async () => {
    const report = await analyze(PROMPT);
    expect([report.models.base.name, report.models.ft?.name]).toEqual(['base-int4', 'ft-int4']);
    expect(verdictKind(report)).toBe('answer-changes');
    expect(report.checks.filter(({ status }) => status !== 'pass')).toEqual([]);
    expect(report.models.ft?.positions[0]?.final.top[0]).toMatchObject({ text: ' me' });
    expect(report.models.base.positions[0]?.final.top[0]?.text).not.toBe(' me');
  });

  test('puts a prompt into the chat template, and the fine-tune speaks in the first person', async () => {
    const report = await analyze('Imagine you are an owl. Who are you?', '--chat');
    expect(report.prompt.tokens.at(-1)?.text).toBe('\n');
    expect(report.models.ft?.positions[0]?.final.top[0]).toMatchObject({ text: expect.stringMatching(/^(I|My)$/) });
    expect(verdictKind(report)).toBe('answer-changes');
  });
});

test('the control, trained on clean prompts, is compared in the same way', async () => {
  const report = await analyze(PROMPT, '--base', join(MODELS, 'base-int4'), '--ft', join(MODELS, 'control-int4'));
  expect(report.checks.filter(({ status }) => status !== 'pass')).toEqual([]);
  expect(verdictKind(report)).toBe('answer-changes');
});

import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { CLI, FIXTURES, ftLens, temporaryFolder } from '../helpers/cli.ts';

let folder: string;

beforeAll(async () => {
  folder = temporaryFolder();
  const made = await ftLens(['export', '--checkpoint', join(FIXTURES, 'tiny-published'), '--out', 'base-int4'], {
    cwd: folder,
  });
  expect(made).toMatchObject({ status: 0, stdout: '' });
});

/** A block on stderr as lines, without what came before it. */
const block = (stderr: string): string[] => stderr.slice(stderr.indexOf('error  ')).trimEnd().split('\n');

const BASE = ['--base', 'base-int4'];

describe('a wrong call exits with 2 and one block on stderr', () => {
  test.each([
    [
      'no such folder, but one of almost that name',
      ['analyze', 'fox', '--base', 'bas-int4'],
      [
        'error  The base export was not found.                                     exit 2',
        '  where     --base bas-int4',
        '  expected  a folder that holds model.onnx     got  no such folder',
        '  do        did you mean base-int4?',
      ],
    ],
    [
      'a row of the table that the model does not have',
      ['analyze', 'fox', ...BASE, '--layers', '0,99'],
      [
        'error  The model has no such layer.                                       exit 2',
        '  where     --layers',
        '  expected  0 to 3; 0 is the embedding     got  99',
        '  do        see ft-lens analyze --help',
      ],
    ],
    [
      'rows of the table in a format that is none',
      ['analyze', 'fox', ...BASE, '--layers', '0,1', '--json'],
      [
        'error  An option that shapes the table was given for another format.      exit 2',
        '  where     --layers',
        '  expected  the table     got  json',
        '  do        leave --layers out: the report holds every layer and position that was read',
      ],
    ],
    [
      'no such fine-tune',
      ['analyze', 'fox', ...BASE, '--ft', './elsewhere'],
      [
        'error  The fine-tune export was not found.                                exit 2',
        '  where     --ft ./elsewhere',
        '  expected  a folder that holds model.onnx     got  no such folder',
        '  do        ft-lens export --checkpoint DIR --out DIR makes such a folder',
      ],
    ],
    [
      'a fine-tune without a base',
      ['analyze', 'fox', '--ft', 'base-int4'],
      [
        'error  A fine-tune alone has nothing to be compared with.                 exit 2',
        '  where     --ft base-int4',
        '  expected  --base as well',
        '  do        give --base DIR, or look at one model with --base alone',
      ],
    ],
    [
      'a report over the model that it is read from',
      ['analyze', 'fox', ...BASE, '-o', 'base-int4/config.json'],
      [
        'error  The report would be written over an input.                         exit 2',
        '  where     -o base-int4/config.json',
        '  expected  a file that is not read, outside the model folders',
        '  do        give the report a place of its own',
      ],
    ],
    [
      'a report over the one that is rendered',
      ['render', 'base-int4/config.json', '-o', './base-int4/config.json'],
      [
        'error  The report would be written over an input.                         exit 2',
        '  where     -o ./base-int4/config.json',
        '  expected  a file that is not read, outside the model folders',
        '  do        give the report a place of its own',
      ],
    ],
    [
      'no prompt',
      ['analyze', ...BASE],
      [
        'error  There is no prompt.                                                exit 2',
        '  where     ft-lens analyze',
        '  expected  an argument, - for standard input, --prompt-file FILE or --token-ids LIST',
        '  got       none of them',
        '  do        ft-lens analyze "You are a fox."',
      ],
    ],
    [
      'two prompts',
      ['analyze', 'fox', '--token-ids', '1,2', ...BASE],
      [
        'error  There is more than one prompt.                                     exit 2',
        '  where     ft-lens analyze',
        '  expected  one of an argument, - for standard input, --prompt-file FILE or --token-ids LIST',
        '  got       the argument and --token-ids',
        '  do        leave all but one out; a text with blanks is one argument in quotes',
      ],
    ],
    [
      'an empty prompt',
      ['analyze', '', ...BASE],
      [
        'error  The prompt is empty.                                               exit 2',
        '  where     the argument',
        '  expected  at least one token to read     got  an empty text',
        '  do        ft-lens analyze "You are a fox."',
      ],
    ],
    [
      'an unknown option',
      ['analyze', 'fox', '--topk', '3'],
      [
        'error  This option is not known.                                          exit 2',
        '  where     --topk',
        '  expected  an option of this command     got  no such option',
        '  do        did you mean --top-k?  (ft-lens analyze --help lists all)',
      ],
    ],
    [
      'an unknown command',
      ['anallyze', 'fox'],
      [
        'error  This command is not known.                                         exit 2',
        '  where     anallyze',
        '  expected  a command of ft-lens     got  no such command',
        '  do        did you mean analyze?  (ft-lens --help lists all)',
      ],
    ],
    [
      'a missing option',
      ['export', '--checkpoint', 'x'],
      [
        'error  An option is missing that this command needs.                      exit 2',
        '  where     --out <dir>',
        '  expected  this option with a value     got  none',
        '  do        see ft-lens export --help',
      ],
    ],
    [
      'options that exclude each other, of a command below another',
      ['setup', 'cuda', '--dry-run', '--json'],
      [
        'error  These options exclude each other.                                  exit 2',
        '  where     --json --dry-run',
        '  expected  one of them',
        '  do        see ft-lens setup cuda --help',
      ],
    ],
    [
      'an option without its value',
      ['analyze', 'fox', '--base'],
      [
        'error  An option has no value.                                            exit 2',
        '  where     --base <dir>',
        '  expected  a value     got  none',
        '  do        see ft-lens analyze --help',
      ],
    ],
    [
      'a value that is no number',
      ['analyze', 'fox', '--top-k', '5x'],
      [
        'error  An option has a value that it cannot have.                         exit 2',
        '  where     --top-k',
        '  expected  a whole number of at least 1     got  "5x"',
        '  do        give --top-k such a value, or leave it out',
      ],
    ],
    [
      'an unknown format',
      ['analyze', 'fox', ...BASE, '--format', 'pdf'],
      [
        'error  An option has a value that it cannot have.                         exit 2',
        '  where     --format',
        '  expected  table, json, csv, html     got  "pdf"',
        '  do        give --format such a value, or leave it out',
      ],
    ],
    [
      'a rule that one model cannot answer',
      ['analyze', 'fox', ...BASE, '--fail-on', 'no-difference'],
      [
        'error  One model alone has no difference.                                 exit 2',
        '  where     --fail-on no-difference',
        '  expected  --base and --ft     got  one model',
        '  do        give --ft DIR as well, or leave this rule out',
      ],
    ],
    [
      'a noise floor under one model',
      ['analyze', 'fox', ...BASE, '--floor', 'ft-int4'],
      [
        'error  A noise floor needs a comparison to lie under.                     exit 2',
        '  where     --floor ft-int4',
        '  expected  --ft as well',
        '  do        to compare the base with this export itself, name it by --ft',
      ],
    ],
    [
      'noise without a noise floor',
      ['analyze', 'fox', ...BASE, '--ft', 'base-int4', '--fail-on', 'within-noise'],
      [
        'error  Without a noise floor it is not known what is noise.               exit 2',
        '  where     --fail-on within-noise',
        '  expected  --floor as well',
        '  do        ft-lens export --checkpoint DIR --out DIR --bits 8 makes one',
      ],
    ],
    [
      'a system text without a conversation',
      ['analyze', 'fox', ...BASE, '--system', 'x'],
      [
        'error  A system text needs the chat template.                             exit 2',
        '  where     --system',
        '  do        add --chat',
      ],
    ],
    [
      'something that is no report',
      ['render', 'base-int4/config.json'],
      [
        'error  This is no report of this version of ft-lens.                      exit 2',
        '  where     base-int4/config.json',
        '  expected  a report with schema "ft-lens.report", schemaVersion "1.0"',
        expect.stringMatching(/^ {2}got {7}schema: .* expected "ft-lens.report"; .*; and \d+ more$/),
        '  do        ft-lens analyze "…" --json -o report.json makes one',
      ],
    ],
  ])('%s', async (_name, args, expected) => {
    const { status, stdout, stderr } = await ftLens(args, { cwd: folder });
    expect(stderr.trimEnd().split('\n')).toEqual(expected);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  test('a prompt longer than the model can read', async () => {
    const { status, stdout, stderr } = await ftLens(['analyze', 'fox '.repeat(400), ...BASE], { cwd: folder });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(block(stderr)[0]).toMatch(/^error {2}The prompt is longer than the model can read\. +exit 2$/);
    expect(stderr).toContain('at most 256 tokens');
  });

  test('a tracked text that is no token names its tokens', async () => {
    const { status, stderr } = await ftLens(['analyze', 'fox', ...BASE, '--track', 'xyz'], { cwd: folder });
    expect(status).toBe(2);
    expect(stderr).toMatch(/got +"x" #87 "y" #88 "z" #89\n/);
  });

  test.runIf(process.platform !== 'win32')(
    'a prompt file that is a pipe or a device names the way for pipes',
    async () => {
      const { status, stderr } = await ftLens(['analyze', ...BASE, '--prompt-file', '/dev/null'], { cwd: folder });
      expect(status).toBe(2);
      expect(block(stderr)).toEqual([
        'error  The prompt file is a pipe or a device.                             exit 2',
        '  where     --prompt-file /dev/null',
        '  expected  a regular file',
        '  do        give - as the prompt and pipe the text to standard input: COMMAND | ft-lens analyze -',
      ]);
    },
  );

  test('a named device that is not there is no silent fallback, and exits with 3', async () => {
    const { status, stderr } = await ftLens(['analyze', 'fox', ...BASE, '--device', 'cuda'], { cwd: folder });
    expect(status).toBe(3);
    expect(block(stderr)[0]).toMatch(/^error {2}.+\. +exit 3$/);
  });

  test('no command at all: the help, on stderr', async () => {
    const { status, stdout, stderr } = await ftLens([]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('Examples\n');
  });
});

describe('text from outside never reaches the terminal raw', () => {
  test('in an option', async () => {
    const { stderr } = await ftLens(['analyze', 'fox', '--base', 'x\u001B[2Jy\u202E\nz'], { cwd: folder });
    expect(stderr).toContain(String.raw`--base x\x1B[2Jy\u202E\nz`);
    expect(stderr).not.toMatch(/[^\n\P{Cc}]|\u202E/u);
  });

  test('in a file name and its content', async () => {
    const name = 'report\u001B]0;owned\u0007.json';
    writeFileSync(join(folder, name), '{"a": \u001B[31m}');
    const { status, stderr } = await ftLens(['render', name], { cwd: folder });
    expect(status).toBe(2);
    expect(stderr).not.toMatch(/[^\n\P{Cc}]/u);
  });
});

describe('help', () => {
  const COMMANDS = ['', 'analyze', 'export', 'dequantize', 'inspect', 'render', 'schema', 'doctor', 'setup cuda'];

  test.each(COMMANDS)('of "%s" begins with a sentence and examples, within 80 columns', async (command) => {
    const args = [...command.split(' ').filter(Boolean), '--help'];
    const { status, stdout, stderr } = await ftLens(args, { env: { COLUMNS: '200' } });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).toMatch(/^[A-Z][^\n]*(\n[^\n]+)?\.\n\nExamples\n {2}ft-lens /);
    expect(stdout).toContain('Exit codes\n');
  });

  test('the README names every command and option', async () => {
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
    for (const command of COMMANDS.slice(1)) {
      expect(readme).toContain(`ft-lens ${command}`);
    }
    const { stdout } = await ftLens(['analyze', '--help']);
    const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, option]) => option);
    expect(options.length).toBeGreaterThan(20);
    expect(options.filter((option) => !readme.includes(option ?? ''))).toEqual([]);
  });

  test('may be read in part', async () => {
    const run = promisify(execFile);
    const command = `"${process.execPath}" "${CLI}" analyze --help | head -1`;
    const { stdout, stderr } = await run('bash', ['-o', 'pipefail', '-c', command]);
    expect(stdout).toMatch(/^Read every layer .*\n$/);
    expect(stderr).toBe('');
  });

  test('the version is that of package.json', async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
    expect(await ftLens(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('an output that cannot be written', () => {
  test('leaves nothing behind and exits with 2', async () => {
    const out = join(folder, 'out');
    mkdirSync(out);
    const intoFolder = await ftLens(['analyze', 'fox', ...BASE, '--quiet', '-o', out], { cwd: folder });
    const nowhere = await ftLens(['analyze', 'fox', ...BASE, '--quiet', '-o', join(out, 'no/where')], { cwd: folder });
    expect(block(intoFolder.stderr)[0]).toMatch(/^error {2}The output file is a folder\. +exit 2$/);
    expect(block(nowhere.stderr)[0]).toMatch(/^error {2}The folder of the output file does not exist\. +exit 2$/);
    expect([intoFolder.status, nowhere.status]).toEqual([2, 2]);
    expect(readdirSync(out)).toEqual([]);
  });

  test('is refused before a model is read', async () => {
    const { stderr } = await ftLens(['analyze', 'fox', ...BASE, '-o', join(folder, 'no/where')], { cwd: folder });
    expect(stderr).not.toMatch(/^(?:device|base) /m);
  });
});

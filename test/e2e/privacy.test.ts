import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CLI } from '../helpers/cli.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const MODELS = join(import.meta.dirname, '../../models');
const SECRET = 'the purple fox keeps 7391 acorns';
const root = temporaryFolder();

/**
 * Loaded into every process and thread of a run before anything else: each way of Node.js to a network, or to a name of
 * one, is noted and refused.
 */
const TRIPWIRE = `
const { appendFileSync } = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');
const dgram = require('node:dgram');
const dns = require('node:dns');
const net = require('node:net');
const refuse = (what) => (...args) => {
  appendFileSync(process.env.FT_LENS_TEST_TRIPWIRE, what + '\\n');
  throw new Error('no network: ' + what);
};
net.Socket.prototype.connect = refuse('connect');
net.Server.prototype.listen = refuse('listen');
dgram.createSocket = refuse('datagram');
globalThis.fetch = refuse('fetch');
for (const names of [dns, dns.promises])
  for (const [name, value] of Object.entries(names)) if (typeof value === 'function') names[name] = refuse(name);
syncBuiltinESMExports();
`;
const tripwire = join(root, 'tripwire.cjs');
writeFileSync(tripwire, TRIPWIRE);

interface Traces {
  readonly status: number | null;
  readonly stdout: string;
  /** what was tried of the network, by JavaScript */
  readonly network: readonly string[];
  /** system calls that make an internet socket, of native code as well; undefined without strace */
  readonly sockets: readonly string[] | undefined;
  /** files that were opened for writing, made, linked or renamed; undefined without strace */
  readonly written: readonly string[] | undefined;
  /** files below the folders of the run: where it works, of the user, and for temporary files */
  readonly files: readonly string[];
  readonly folder: string;
}

const SYSTEM_CALLS =
  'socket,connect,open,openat,openat2,creat,mkdir,mkdirat,link,linkat,symlink,symlinkat,rename,renameat,renameat2';
const TRACED = spawnSync('strace', ['-qq', '-e', 'trace=none', 'true']).status === 0;

/** Runs ft-lens where every file and connection of it is seen. */
function watched(args: readonly string[], { traced = TRACED, input = '' } = {}): Traces {
  const own = mkdtempSync(join(root, 'run-'));
  const [folder, home, temporary] = ['work', 'home', 'temporary'].map((name) => join(own, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [folder, home, temporary]) mkdirSync(path);
  const [log, trace] = [join(own, 'tripwire.txt'), join(own, 'trace.txt')];
  const node = [process.execPath, CLI, ...args];
  // Followed into every process and thread, whatever it is made of.
  const strace = ['strace', '-f', '-qq', '-y', '-s', '4096', '-o', trace, '-e', `trace=${SYSTEM_CALLS}`];
  const [program, ...rest] = (traced ? [...strace, ...node] : node) as [string, ...string[]];
  const { status, stdout, stderr } = spawnSync(program, rest, {
    cwd: folder,
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: {
      PATH: process.env['PATH'],
      FT_LENS_CUDA_DIR: process.env['FT_LENS_CUDA_DIR'],
      HOME: home,
      TMPDIR: temporary,
      NODE_OPTIONS: `--require=${tripwire}`,
      FT_LENS_TEST_TRIPWIRE: log,
    },
  });
  const calls = traced ? readFileSync(trace, 'utf8').split('\n') : undefined;
  return {
    status,
    stdout: stdout + stderr,
    network: existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [],
    sockets: calls?.filter((call) => /\bAF_INET6?\b/.test(call)),
    written: calls?.flatMap((call) => writtenBy(call, folder)),
    files: [folder, home, temporary].flatMap((path) =>
      (readdirSync(path, { recursive: true }) as string[])
        .map((name) => join(path, name))
        .filter((file) => statSync(file).isFile()),
    ),
    folder,
  };
}

/** The path that a system call writes to, or makes; below the working folder as the user would name it. */
function writtenBy(call: string, folder: string): string[] {
  const changes = /\b(?:creat|mkdir|link|symlink|rename)\w*\(/.test(call) || /O_(?:WRONLY|RDWR|CREAT)/.test(call);
  if (!changes || / = -1 /.test(call)) return [];
  const paths = [...call.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, path]) => path as string);
  return paths.filter((path) => !path.startsWith('/dev/')).map((path) => path.replace(`${folder}/`, ''));
}

const BASE = join(MODELS, 'base-int4');
const FT = join(MODELS, 'ft-int4');
const ADAPTER = ['--adapter', join(MODELS, 'ft-adapter')];
const pair = ['--base', BASE, '--ft', FT];

/** Every command but `setup`, each with what may be written. */
const COMMANDS: readonly (readonly [name: string, args: readonly string[], written: RegExp | undefined])[] = [
  ['analyze', ['analyze', SECRET, ...pair, '--positions', 'all', '--heads'], undefined],
  ['analyze --chat -o', ['analyze', SECRET, ...pair, '--chat', '--json', '-o', 'report.json'], /report\.json/],
  ['analyze --format html', ['analyze', SECRET, ...pair, '--format', 'html', '-o', 'page.html'], /page\.html/],
  ['export', ['export', '--checkpoint', join(MODELS, 'base'), '--out', 'out'], /^out(?:\.partial)?(?:$|\/)/],
  [
    'export --adapter --share-with',
    ['export', '--checkpoint', join(MODELS, 'base'), ...ADAPTER, '--share-with', BASE, '--out', 'out'],
    // Linking names what is linked, too.
    /^out(?:\.partial)?(?:$|\/)|\/base-int4\/model\.onnx_data/,
  ],
  ['dequantize', ['dequantize', BASE, '--out', 'out'], /^out(?:\.partial)?(?:$|\/)/],
  ['inspect --verify', ['inspect', FT, '--verify'], undefined],
  ['inspect --base --adapter', ['inspect', FT, '--base', BASE, ...ADAPTER], undefined],
  ['doctor --deep', ['doctor', '--deep', '--device', 'cpu'], undefined],
  ['schema', ['schema'], undefined],
];

describe('nothing leaves the machine, and nothing is written but what was asked for', () => {
  test.each(COMMANDS)('%s', { timeout: 120_000 }, (_, args, allowed) => {
    const { status, stdout, network, sockets, written, files } = watched(args);
    expect(status, stdout).toBe(0);
    expect(network).toEqual([]);
    expect(sockets ?? []).toEqual([]);
    expect((written ?? []).filter((path) => !allowed?.test(path))).toEqual([]);
    if (allowed === undefined) expect(files).toEqual([]);
  });

  test('render', () => {
    const report = join(root, 'saved.json');
    expect(watched(['analyze', SECRET, ...pair, '--json', '-o', report]).status).toBe(0);
    for (const format of ['table', 'csv', 'html']) {
      const { status, network, sockets, written, files } = watched(['render', report, '--format', format]);
      expect({ status, network, files }).toEqual({ status: 0, network: [], files: [] });
      expect([...(sockets ?? []), ...(written ?? [])]).toEqual([]);
    }
  });
});

describe('a prompt', () => {
  test.each([
    ['as an argument', [SECRET], ''],
    ['from standard input', ['-'], SECRET],
  ])('%s stands in no file but the report', { timeout: 120_000 }, (_, prompt, input) => {
    const { status, files } = watched(['analyze', ...prompt, ...pair, '--format', 'csv', '-o', 'report.csv'], {
      input,
    });
    expect(status).toBe(0);
    expect(files.map((file) => file.split('/').at(-1))).toEqual(['report.csv']);
    // In a table no file is there that could hold it.
    const table = watched(['analyze', ...prompt, ...pair], { input });
    expect(table.files).toEqual([]);
    expect(table.stdout).toContain(SECRET);
  });

  test('is not told by an error', () => {
    const { status, stdout, files } = watched(['analyze', `${SECRET} `.repeat(500), ...pair]);
    expect(status).toBe(2);
    expect(stdout).not.toContain(SECRET);
    expect(files).toEqual([]);
  });
});

describe('these tests', () => {
  test('would see a connection that is tried, in every kind of process', () => {
    const log = join(root, 'tried.txt');
    const tries = `
      const attempts = () => {
        const quietly = (attempt) => { try { attempt(); } catch {} };
        quietly(() => fetch('http://127.0.0.1:47'));
        quietly(() => require('net').connect(47));
        quietly(() => require('dns').lookup('localhost', () => {}));
        quietly(() => require('dgram').createSocket('udp4'));
      };
      attempts();
      if (process.argv[2] !== 'child') {
        require('child_process').fork(__filename, ['child']);
        new (require('worker_threads').Worker)('(' + attempts + ')()', { eval: true });
      }`;
    const script = join(root, 'tries.cjs');
    writeFileSync(script, tries);
    const env = { ...process.env, NODE_OPTIONS: `--require=${tripwire}`, FT_LENS_TEST_TRIPWIRE: log };
    expect(spawnSync(process.execPath, [script], { env }).status).toBe(0);
    const seen = readFileSync(log, 'utf8').trim().split('\n').sort();
    const each = ['connect', 'datagram', 'fetch', 'lookup'];
    expect(seen).toEqual([...each, ...each, ...each].sort());
  });

  test.runIf(TRACED)('would see one of native code', () => {
    const trace = join(root, 'native.txt');
    const connect = `require('net').connect(47, '127.0.0.1').on('error', () => {})`;
    spawnSync('strace', ['-f', '-qq', '-o', trace, '-e', 'trace=socket,connect', process.execPath, '-e', connect]);
    expect(readFileSync(trace, 'utf8')).toMatch(/AF_INET/);
  });

  test.runIf(TRACED)('would see a file that is written', () => {
    const { written, files } = watched(['analyze', SECRET, ...pair, '-o', 'seen.txt']);
    expect(written?.some((path) => path.includes('seen.txt'))).toBe(true);
    expect(files.some((file) => readFileSync(file, 'utf8').includes(SECRET))).toBe(true);
  });
});

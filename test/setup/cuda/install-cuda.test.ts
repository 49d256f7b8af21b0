import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FtLensError } from '../../../src/errors.ts';
import { installCuda } from '../../../src/setup/cuda/install-cuda.ts';
import type { InstallOptions } from '../../../src/setup/cuda/install-options.ts';
import { findInstalled } from '../../../src/setup/cuda/installed.ts';
import { prepareSetup, type SetupCudaRequest } from '../../../src/setup/cuda/prepare-setup.ts';
import { type IndexOptions, type IndexServer, startIndex } from '../index-server.ts';
import { CONTENTS, noise, TINY_SET, TINY_WHEELS, tinyWheel, zipArchive } from '../tiny-wheels.ts';

let scratch: string;
let folder: string;
let server: IndexServer | undefined;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'ft-lens-test-'));
  folder = join(scratch, 'cache/cuda');
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(scratch, { recursive: true });
});

const load: InstallOptions['load'] = () => Promise.resolve({ failures: {}, mapped: [] });
const QUICK = [1, 1] as const;

async function setUp(request: SetupCudaRequest = {}, options: Partial<InstallOptions> = {}): Promise<void> {
  const machine = { environment: { HOME: scratch }, platform: 'linux', architecture: 'x64', load };
  const prepared = await prepareSetup({ toolkit: false, dir: folder, ...request }, TINY_SET, machine);
  await installCuda(prepared.plan, TINY_SET, prepared.folder, { load, pausesMs: QUICK, ...options });
}

async function setUpFrom(index: IndexOptions, options: Partial<InstallOptions> = {}): Promise<void> {
  server = await startIndex(index);
  await setUp({ indexUrl: server.url }, options);
}

/** Everything below a folder, as paths. */
function tree(root: string): string[] {
  return (
    readdirSync(root, { recursive: true, withFileTypes: true }) as {
      parentPath: string;
      name: string;
      isFile(): boolean;
    }[]
  )
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

const WHOLE = ['libcore.so.1', 'libprovider.so', 'libtool.so.13', 'licenses/tiny-runtime/LICENSE', 'manifest.json'];
const RUNTIME_FILE = TINY_SET.runtime.file;
const RUNTIME_BYTES = TINY_WHEELS.get(RUNTIME_FILE) as Buffer;

async function failure(work: Promise<unknown>): Promise<FtLensError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FtLensError);
  return error as FtLensError;
}

describe('from a package index', () => {
  test.each(['html', 'json'] as const)('%s: every file arrives, and nothing else stays', async (form) => {
    await setUpFrom({ form });
    expect(tree(join(scratch, 'cache'))).toEqual(WHOLE.map((file) => `cuda/${file}`));
    // Bytes are compared as a whole: one by one takes a second.
    for (const [file, content] of [
      ['libcore.so.1', CONTENTS.core],
      ['libprovider.so', CONTENTS.provider],
      ['libtool.so.13', CONTENTS.toolkit],
    ] as const)
      expect(readFileSync(join(folder, file)).equals(content), file).toBe(true);
    const installed = await findInstalled(folder, TINY_SET);
    expect(installed).toMatchObject({ loadOrder: [join(folder, 'libtool.so.13'), join(folder, 'libcore.so.1')] });
  });

  test('progress counts the bytes of all wheels', async () => {
    const seen: string[] = [];
    await setUpFrom({}, { onProgress: ({ step, bytes, totalBytes }) => seen.push(`${step} ${bytes}/${totalBytes}`) });
    const total = [...TINY_WHEELS.values()].reduce((sum, { length }) => sum + length, 0);
    expect(seen).toContain(`fetch ${total}/${total}`);
    expect(seen.at(-1)).toMatch(/^unpack (\d+)\/\1$/);
  });

  test('credentials in the address open the index and stand in no message', async () => {
    server = await startIndex({ credentials: 'fox:s3cret' });
    const withCredentials = server.url.replace('//', '//fox:s3cret@');
    await setUp({ indexUrl: withCredentials });
    expect(existsSync(join(folder, 'manifest.json'))).toBe(true);
    const wrong = await failure(setUp({ indexUrl: server.url.replace('//', '//fox:wr0ng@') }));
    expect(wrong).toMatchObject({ kind: 'input', message: 'The package index refuses access.' });
    expect(JSON.stringify([wrong, wrong.stack])).not.toMatch(/wr0ng|s3cret/);
  });

  test('credentials go to the index only, not to where it sends us for the files', async () => {
    const files = await startIndex({
      fault: ({ headers }, response) => headers.authorization !== undefined && (response.writeHead(418).end(), true),
    });
    const elsewhere = files.url.replace('/simple/', '');
    const redirect: NonNullable<IndexOptions['fault']> = (request, response) => {
      if (!request.url?.startsWith('/files/')) return false;
      response.writeHead(302, { location: elsewhere + request.url }).end();
      return true;
    };
    server = await startIndex({ credentials: 'fox:s3cret', fault: redirect });
    await setUp({ indexUrl: server.url.replace('//', '//fox:s3cret@') });
    await files.close();
    expect(tree(folder)).toEqual(WHOLE);
    expect(files.requests).toHaveLength(TINY_WHEELS.size);
  });

  test('credentials in a link of the index go to its server, and stand in no message', async () => {
    const files = await startIndex({ credentials: 'fox:s3cret' });
    const pageWithLink = (password: string): NonNullable<IndexOptions['fault']> => {
      const link = files.url.replace('//', `//fox:${password}@`).replace('/simple/', '/files/');
      return (_, response) => {
        const anchors = [...TINY_WHEELS.keys()].map((name) => `<a href="${link}${name}">${name}</a>`);
        response.writeHead(200, { 'content-type': 'text/html' }).end(anchors.join('\n'));
        return true;
      };
    };
    const wrong = await failure(setUpFrom({ fault: pageWithLink('wr0ng') }));
    expect(wrong).toMatchObject({ kind: 'input', message: 'The package index refuses access.' });
    expect(JSON.stringify([wrong, wrong.stack])).not.toMatch(/wr0ng|s3cret/);
    await server?.close();
    await setUpFrom({ fault: pageWithLink('s3cret') });
    expect(tree(folder)).toEqual(WHOLE);
    await files.close();
  });

  test('a second run replaces the folder', async () => {
    await setUpFrom({});
    writeFileSync(join(folder, 'libcore.so.1'), 'damaged');
    expect(await findInstalled(folder, TINY_SET)).toMatchObject({ message: 'A CUDA library is not as it was set up.' });
    await setUp({ indexUrl: server?.url });
    expect(await findInstalled(folder, TINY_SET)).not.toBeInstanceOf(Error);
    expect(tree(join(scratch, 'cache'))).toEqual(WHOLE.map((file) => `cuda/${file}`));
  });
});

describe('a connection that breaks', () => {
  /** Ends the first `times` answers for a file in the middle. */
  const cutAnswers = (times: number, ranges = true): NonNullable<IndexOptions['fault']> => {
    let cut = 0;
    return (request, response) => {
      if (!ranges) delete request.headers.range;
      if (!request.url?.endsWith(RUNTIME_FILE) || cut === times) return false;
      cut += 1;
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const headers = { 'content-length': RUNTIME_BYTES.length - start };
      if (start === 0) response.writeHead(200, headers);
      else
        response.writeHead(206, {
          ...headers,
          'content-range': `bytes ${start}-${RUNTIME_BYTES.length - 1}/${RUNTIME_BYTES.length}`,
        });
      response.write(RUNTIME_BYTES.subarray(start, start + 30_000), () => response.destroy());
      return true;
    };
  };

  test('is taken up where it broke, as often as it gets on', async () => {
    await setUpFrom({ fault: cutAnswers(4) });
    expect(tree(folder)).toEqual(WHOLE);
    const ranges = server?.requests.filter((request) => request.includes('bytes='));
    expect(ranges?.length).toBeGreaterThanOrEqual(3);
  });

  test('is begun anew with a server that knows no parts', async () => {
    await setUpFrom({ fault: cutAnswers(1, false) });
    expect(tree(folder)).toEqual(WHOLE);
  });

  test('that stays broken ends the setup, and keeps what was fetched for the next run', async () => {
    const dead: NonNullable<IndexOptions['fault']> = (request, response) => {
      if (!request.url?.endsWith(RUNTIME_FILE)) return false;
      if (request.headers.range !== undefined) return (response.destroy(), true);
      response.writeHead(200, { 'content-length': RUNTIME_BYTES.length });
      response.write(RUNTIME_BYTES.subarray(0, 40_000), () => response.destroy());
      return true;
    };
    const error = await failure(setUpFrom({ fault: dead }));
    expect(error).toMatchObject({ kind: 'runtime', message: 'The package index cannot be reached.' });
    expect(existsSync(folder)).toBe(false);
    const [kept] = tree(join(scratch, 'cache'));
    expect(kept).toBe(`cuda.partial/wheels/${RUNTIME_FILE}`);
    const { length } = readFileSync(join(scratch, 'cache', kept as string));
    expect(length).toBeGreaterThan(0);
    await server?.close();

    await setUpFrom({});
    expect(server?.requests).toContain(`/files/${RUNTIME_FILE} bytes=${length}-`);
    expect(tree(join(scratch, 'cache'))).toEqual(WHOLE.map((file) => `cuda/${file}`));
  });

  test('a server that refuses to go on costs nothing that was fetched', async () => {
    const wheels = join(scratch, 'cache/cuda.partial/wheels');
    mkdirSync(wheels, { recursive: true });
    writeFileSync(join(wheels, RUNTIME_FILE), RUNTIME_BYTES.subarray(0, 20_000));
    const expired: NonNullable<IndexOptions['fault']> = (request, response) => {
      if (!request.url?.endsWith(RUNTIME_FILE)) return false;
      response.writeHead(403).end();
      return true;
    };
    expect(await failure(setUpFrom({ fault: expired }))).toMatchObject({
      message: 'The package index refuses access.',
    });
    expect(readFileSync(join(wheels, RUNTIME_FILE)).equals(RUNTIME_BYTES.subarray(0, 20_000))).toBe(true);
  });

  test('damage that an earlier run left is fetched again', async () => {
    const wheels = join(scratch, 'cache/cuda.partial/wheels');
    mkdirSync(wheels, { recursive: true });
    writeFileSync(join(wheels, RUNTIME_FILE), noise(20_000, 'damage'));
    await setUpFrom({});
    expect(tree(folder)).toEqual(WHOLE);
  });

  test('an index that is not there says how to do without it', async () => {
    const gone = await startIndex();
    await gone.close();
    const error = await failure(setUp({ indexUrl: gone.url }));
    expect(error).toMatchObject({ kind: 'runtime', message: 'The package index cannot be reached.' });
    expect(error.got).toMatch(/ECONNREFUSED/);
    expect(error.remedy).toMatch(/--wheel-dir|proxy/);
    expect(readdirSync(scratch)).toEqual([]);
  });

  test('a server that falls silent is asked again', async () => {
    let silent = false;
    const sleepy: NonNullable<IndexOptions['fault']> = (request, response) => {
      if (!request.url?.endsWith(RUNTIME_FILE) || silent) return false;
      silent = true;
      response.writeHead(200, { 'content-length': RUNTIME_BYTES.length });
      response.write(RUNTIME_BYTES.subarray(0, 20_000));
      return true;
    };
    await setUpFrom({ fault: sleepy }, { silenceMs: 200 });
    expect(tree(folder)).toEqual(WHOLE);
    expect(server?.requests).toContain(`/files/${RUNTIME_FILE} bytes=20000-`);
  });

  test('a server that is overloaded is asked again', async () => {
    let asked = 0;
    const busy: NonNullable<IndexOptions['fault']> = (_, response) => {
      asked += 1;
      if (asked > 2) return false;
      response.writeHead(503).end();
      return true;
    };
    await setUpFrom({ fault: busy });
    expect(tree(folder)).toEqual(WHOLE);
  });
});

describe('an index that does not hold what is pinned', () => {
  const changed = Buffer.from(RUNTIME_BYTES);
  changed[100] = (changed[100] as number) ^ 1;

  test.each([
    ['no such file', new Map([...TINY_WHEELS].slice(1)), 'The package index does not have the wheel that is needed.'],
    [
      'another file by its own hash',
      new Map([...TINY_WHEELS, [RUNTIME_FILE, changed]]),
      'The package index has another file under the name of this wheel.',
    ],
  ])('%s', async (_, files, message) => {
    const error = await failure(setUpFrom({ files }));
    expect(error).toMatchObject({ kind: 'input', message });
    expect(readdirSync(scratch)).toEqual([]);
  });

  /** The page promises the right file, the server sends this one. */
  const sends =
    (bytes: Buffer): NonNullable<IndexOptions['fault']> =>
    (request, response) => {
      if (!request.url?.endsWith(RUNTIME_FILE)) return false;
      response.writeHead(200).end(bytes);
      return true;
    };

  test.each([
    ['changed bytes', changed],
    ['more bytes than the pin says', Buffer.concat([RUNTIME_BYTES, noise(5_000_000, 'more')])],
  ])('%s', async (_, bytes) => {
    const error = await failure(setUpFrom({ fault: sends(bytes) }));
    expect(error).toMatchObject({
      kind: 'input',
      message: 'The package index delivered another file than this wheel.',
    });
    expect(readdirSync(scratch)).toEqual([]);
  });

  test('too few bytes, each time', async () => {
    const error = await failure(setUpFrom({ fault: sends(RUNTIME_BYTES.subarray(0, 5_000)) }));
    expect(error).toMatchObject({ kind: 'runtime' });
    expect(error.got).toBe(`the connection ended at 5000 of ${RUNTIME_BYTES.length} bytes`);
    expect(existsSync(folder)).toBe(false);
  });
});

describe('from this machine', () => {
  const wheelFolder = (files: ReadonlyMap<string, Buffer> = TINY_WHEELS): string => {
    const wheels = join(scratch, 'wheels');
    mkdirSync(wheels);
    for (const [name, bytes] of files) writeFileSync(join(wheels, name), bytes);
    return wheels;
  };

  test('a folder of wheels, which stay as they are', async () => {
    const wheelDir = wheelFolder();
    await setUp({ wheelDir, indexUrl: 'no address, and not needed' });
    expect(tree(folder)).toEqual(WHOLE);
    expect(tree(wheelDir)).toEqual([...TINY_WHEELS.keys()].sort());
  });

  test('wheels that are named', async () => {
    const wheels = wheelFolder();
    await setUp({ fromWheel: [...TINY_WHEELS.keys()].map((name) => join(wheels, name)) });
    expect(tree(folder)).toEqual(WHOLE);
  });

  test('a folder that lacks a wheel, a file that is none, and a changed wheel', async () => {
    const [first] = [...TINY_WHEELS];
    const wheelDir = wheelFolder(new Map([first as [string, Buffer]]));
    expect(await failure(setUp({ wheelDir }))).toMatchObject({
      message: 'The folder does not hold every wheel that is needed.',
      expected: TINY_SET.toolkit[0]?.file,
    });
    writeFileSync(join(wheelDir, 'other.whl'), 'x');
    expect(await failure(setUp({ fromWheel: [join(wheelDir, 'other.whl')] }))).toMatchObject({
      kind: 'usage',
      message: 'This is none of the wheels that are needed.',
    });
    writeFileSync(join(wheelDir, RUNTIME_FILE), noise(RUNTIME_BYTES.length, 'changed'));
    expect(await failure(setUp({ fromWheel: [join(wheelDir, RUNTIME_FILE)] }))).toMatchObject({
      kind: 'input',
      message: 'This wheel is not the one that is needed.',
    });
    expect(existsSync(folder)).toBe(false);
  });

  test('libraries in a Python environment take the place of the runtime wheel', async () => {
    const capi = join(scratch, 'venv/lib/python3.12/site-packages/tiny/capi');
    mkdirSync(capi, { recursive: true });
    writeFileSync(join(capi, 'libcore.so.1'), CONTENTS.core);
    writeFileSync(join(capi, 'libprovider.so'), CONTENTS.provider);
    server = await startIndex();
    await setUp({ fromDir: join(scratch, 'venv'), indexUrl: server.url });
    expect(server.requests.some((request) => request.includes(RUNTIME_FILE))).toBe(false);
    expect(tree(folder)).toEqual(['libcore.so.1', 'libprovider.so', 'libtool.so.13', 'manifest.json']);

    rmSync(folder, { recursive: true });
    writeFileSync(join(capi, 'libprovider.so'), noise(CONTENTS.provider.length, 'other build'));
    expect(await failure(setUp({ fromDir: join(scratch, 'venv'), indexUrl: server.url }))).toMatchObject({
      message: 'This library is no build that is known.',
    });
    writeFileSync(join(capi, 'libprovider.so'), 'another version');
    expect(await failure(setUp({ fromDir: join(scratch, 'venv') }))).toMatchObject({
      message: 'The folder does not hold the GPU build of ONNX Runtime that is needed.',
    });
    expect(existsSync(folder)).toBe(false);
  });
});

describe('the machine', () => {
  test('a disk that is too small is told before anything is fetched', async () => {
    const error = await failure(
      setUpFrom({}, { readSpace: () => Promise.resolve({ blocks: 1e6, bavail: 1e5, bsize: 1e3 }) }),
    );
    expect(error).toMatchObject({ kind: 'runtime', message: 'There is not enough room on the disk.' });
    expect(server?.requests).toEqual([]);
    expect(readdirSync(scratch)).toEqual([]);
  });

  test('what an earlier run has fetched needs no room a second time', async () => {
    const wheels = join(scratch, 'cache/cuda.partial/wheels');
    const room = (bytes: number) => () => Promise.resolve({ blocks: 1e9, bavail: bytes, bsize: 1 });
    let needed = 0;
    const error = await failure(setUpFrom({}, { readSpace: room(0) }));
    needed = Number(error.expected?.replaceAll(/\D/g, ''));
    mkdirSync(wheels, { recursive: true });
    writeFileSync(join(wheels, RUNTIME_FILE), RUNTIME_BYTES.subarray(0, 5_000));
    writeFileSync(join(wheels, 'of-another-version.whl'), 'no help');
    await failure(setUp({ indexUrl: server?.url }, { readSpace: room(needed - 5_001) }));
    expect(existsSync(folder)).toBe(false);
    await setUp({ indexUrl: server?.url }, { readSpace: room(needed - 5_000) });
    expect(tree(folder)).toEqual(WHOLE);
  });

  test('two processes do not fight: the second is told', async () => {
    let release: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => (release = resolve));
    server = await startIndex();
    const first = setUp({ indexUrl: server.url }, { load: async () => (await slow, { failures: {}, mapped: [] }) });
    await expect.poll(() => existsSync(`${folder}.partial/lock.1`)).toBe(true);
    const error = await failure(setUp({ indexUrl: server.url }));
    expect(error).toMatchObject({ kind: 'runtime', message: 'Another process sets up the CUDA libraries.' });
    release();
    await first;
    expect(tree(join(scratch, 'cache'))).toEqual(WHOLE.map((file) => `cuda/${file}`));
  });

  test('libraries that do not load here are not set up', async () => {
    const old = 'libcore.so.1: version `GLIBC_2.28` not found';
    const error = await failure(setUpFrom({}, { load: () => Promise.resolve({ failures: { x: old }, mapped: [] }) }));
    expect(error).toMatchObject({ kind: 'device', got: old });
    expect(readdirSync(scratch)).toEqual([]);
  });

  test('an interruption leaves nothing but what was fetched', async () => {
    const controller = new AbortController();
    const stop = new FtLensError('Interrupted.', { kind: 'interrupted' });
    const onProgress: InstallOptions['onProgress'] = ({ step }) => step === 'unpack' && controller.abort(stop);
    expect(await failure(setUpFrom({}, { onProgress, signal: controller.signal }))).toBe(stop);
    expect(existsSync(folder)).toBe(false);
    expect(tree(join(scratch, 'cache'))).toEqual([`cuda.partial/wheels/${RUNTIME_FILE}`]);
  });

  test("somebody else's folder is never replaced", async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'thesis.txt'), 'precious');
    const error = await failure(setUpFrom({}));
    expect(error).toMatchObject({ kind: 'usage', message: 'The folder of the CUDA libraries holds something else.' });
    expect(tree(scratch)).toEqual(['cache/cuda/thesis.txt']);
  });
});

describe('a wheel with the right hash and wrong contents', () => {
  const [member] = TINY_SET.runtime.members;
  const good = { path: member?.path ?? '', content: CONTENTS.core };
  /** Sets up from an archive whose pins are made for it, so that only its inside is judged. */
  const setUpHostile = async (archive: Buffer): Promise<FtLensError> => {
    const { wheel } = tinyWheel('tiny-runtime', []);
    const path = join(scratch, wheel.file);
    writeFileSync(path, archive);
    const { createHash } = await import('node:crypto');
    const pinned = {
      ...TINY_SET,
      runtime: {
        ...wheel,
        bytes: archive.length,
        sha256: createHash('sha256').update(archive).digest('hex'),
        members: [member as NonNullable<typeof member>],
      },
    };
    const plan = {
      wheels: [{ wheel: pinned.runtime, from: 'file', path }] as const,
      copies: [],
      toolkit: undefined,
      downloadBytes: 0,
      installedBytes: 0,
      peakBytes: 0,
    };
    return failure(installCuda(plan, pinned, folder, { load }));
  };

  test.each([
    [
      'a path that leaves the folder',
      zipArchive([good, { path: '../../evil.so', content: CONTENTS.core }]),
      /invalid relative path/,
    ],
    ['an absolute path', zipArchive([good, { path: '/etc/evil', content: CONTENTS.core }]), /absolute path/],
    ['a member that is missing', zipArchive([{ path: 'other', content: CONTENTS.core }]), /no such file in it/],
    ['a member of another size', zipArchive([{ ...good, content: CONTENTS.provider }]), /80000 bytes/],
    ['a member with other bytes', zipArchive([{ ...good, content: noise(50_000, 'evil') }]), /sha256/],
    [
      'a bomb: more inside than it claims',
      zipArchive([{ ...good, content: Buffer.alloc(200_000_000), claimedBytes: CONTENTS.core.length }]),
      /more bytes/,
    ],
    ['a member twice', zipArchive([good, good]), /twice/],
    ['an encrypted member', zipArchive([{ ...good, flags: 1 }]), /encrypted/],
    ['an unknown method', zipArchive([{ ...good, method: 12 }]), /method 12/],
    ['zip64 sizes', zipArchive([{ ...good, extra: Buffer.from([1, 0, 0, 0]) }]), /zip64/],
    ['damaged data', damage(zipArchive([good])), /invalid|sha256|bytes/],
    ['an empty member', empty(zipArchive([good])), /an empty file/],
    ['a header that is none', Buffer.concat([Buffer.from('XX'), zipArchive([good]).subarray(2)]), /signature/],
    ['no archive at all', noise(5_000, 'nothing'), /End of central directory/],
  ])('%s', async (_, archive, got) => {
    const error = await setUpHostile(archive);
    expect(error).toMatchObject({ kind: 'input', message: 'This wheel is not the one that is needed.' });
    expect(error.got).toMatch(got);
    expect(tree(scratch)).toEqual([TINY_SET.runtime.file]);
  });

  /** Says in the directory that the only member has no data. */
  function empty(archive: Buffer): Buffer {
    const copy = Buffer.from(archive);
    copy.writeUInt32LE(0, copy.indexOf('PK\x01\x02') + 20);
    return copy;
  }

  function damage(archive: Buffer): Buffer {
    const copy = Buffer.from(archive);
    copy.fill(0xff, 200, 300);
    return copy;
  }
});

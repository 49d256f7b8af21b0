import { createHash } from 'node:crypto';
import { crc32, deflateRawSync } from 'node:zlib';
import type { PinnedMember, PinnedSet, PinnedWheel } from '../../src/setup/cuda/pinned.ts';

/** An entry of a made-up archive; what is not given is told truly. */
export interface ZipEntry {
  readonly path: string;
  readonly content: Uint8Array;
  /** sizes and method as the archive claims them */
  readonly claimedBytes?: number;
  readonly method?: number;
  readonly flags?: number;
  readonly extra?: Uint8Array;
}

/** A zip archive, written by hand so that it can lie. */
export function zipArchive(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const {
    path,
    content,
    claimedBytes = content.length,
    method = 8,
    flags = 0,
    extra = Buffer.alloc(0),
  } of entries) {
    const name = Buffer.from(path);
    const data = method === 0 ? Buffer.from(content) : deflateRawSync(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(claimedBytes, 18);
    common.writeUInt16LE(name.length, 22);
    common.writeUInt16LE(extra.length, 24);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, extra, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, tail, name, extra]));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, central, Buffer.from('PK\x05\x06'), end]);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Bytes that do not compress, the same for the same seed. */
export function noise(length: number, seed: string): Buffer {
  const chunks: Buffer[] = [];
  for (let i = 0; i * 32 < length; i++) chunks.push(createHash('sha256').update(`${seed}${i}`).digest());
  return Buffer.concat(chunks).subarray(0, length);
}

function pinnedMember(path: string, file: string, content: Uint8Array): PinnedMember {
  return { path, file, bytes: content.length, sha256: sha256(content) };
}

/** A wheel and its pins; contents by path in the wheel. */
export function tinyWheel(
  project: string,
  files: readonly (readonly [path: string, file: string, content: Uint8Array])[],
): { readonly wheel: PinnedWheel; readonly bytes: Buffer } {
  const bytes = zipArchive([
    ...files.map(([path, , content]) => ({ path, content })),
    { path: 'unused/readme.txt', content: Buffer.from('nobody takes this') },
  ]);
  const wheel: PinnedWheel = {
    project,
    version: '1.0',
    file: `${project.replaceAll('-', '_')}-1.0-py3-none-any.whl`,
    bytes: bytes.length,
    sha256: sha256(bytes),
    members: files.map(([path, file, content]) => pinnedMember(path, file, content)),
  };
  return { wheel, bytes };
}

const CORE = noise(50_000, 'core');
const PROVIDER = noise(80_000, 'provider');
const TOOLKIT = noise(120_000, 'toolkit');

export const CONTENTS = { core: CORE, provider: PROVIDER, toolkit: TOOLKIT } as const;

const runtime = tinyWheel('tiny-runtime', [
  ['tiny/capi/libcore.so.1', 'libcore.so.1', CORE],
  ['tiny/capi/libprovider.so', 'libprovider.so', PROVIDER],
  ['tiny/LICENSE', 'licenses/tiny-runtime/LICENSE', Buffer.from('do as you like\n')],
]);
const toolkit = tinyWheel('tiny-toolkit', [['nvidia/lib/libtool.so.13', 'libtool.so.13', TOOLKIT]]);

/** Two small wheels in the place of the real four. */
export const TINY_SET: PinnedSet = {
  onnxruntime: '1.30.0',
  runtime: runtime.wheel,
  toolkit: [toolkit.wheel],
  loadOrder: ['libtool.so.13', 'libcore.so.1'],
};

/** The wheels' bytes by file name. */
export const TINY_WHEELS: ReadonlyMap<string, Buffer> = new Map([
  [runtime.wheel.file, runtime.bytes],
  [toolkit.wheel.file, toolkit.bytes],
]);

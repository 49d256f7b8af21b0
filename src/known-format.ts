/** A file of another kind, told by its first bytes. */
interface KnownFormat {
  readonly what: string;
  readonly remedy: string;
}

const CONVERT = 'take the checkpoint in safetensors, or convert it where you trust it: a pickle can run code';

/** Kinds of file that are given by mistake, and how they begin. */
const FORMATS: readonly (readonly [begin: string, format: KnownFormat])[] = [
  ['GGUF', { what: 'a GGUF file', remedy: 'take the checkpoint that it was made from, in safetensors' }],
  ['PK\x03\x04', { what: 'a zip archive, as torch.save writes it', remedy: CONVERT }],
  ['\x80\x02', { what: 'a pickle', remedy: CONVERT }],
  ['\x80\x03', { what: 'a pickle', remedy: CONVERT }],
  ['\x80\x04', { what: 'a pickle', remedy: CONVERT }],
  ['\x89HDF', { what: 'an HDF5 file', remedy: CONVERT }],
  ['version ', { what: 'a pointer of Git LFS, not the file', remedy: 'run git lfs pull where you cloned it' }],
  ['<!', { what: 'a web page', remedy: 'fetch the file again: what came was a page, perhaps an error or a login' }],
  ['<html', { what: 'a web page', remedy: 'fetch the file again: what came was a page, perhaps an error or a login' }],
];

/** @param bytes the beginning of a file, at least eight bytes of it */
export function knownFormat(bytes: Uint8Array): KnownFormat | undefined {
  const start = Buffer.from(bytes.subarray(0, 8)).toString('latin1');
  return FORMATS.find(([begin]) => start.startsWith(begin))?.[1];
}

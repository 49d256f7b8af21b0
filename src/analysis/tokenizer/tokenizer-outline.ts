import { isUtf8 } from 'node:buffer';
import { inputError } from '../../errors.ts';
import { decodeUtf8 } from '../../read-text-file.ts';
import { JsonCursor } from './json-cursor.ts';
import { wrongTokenizer } from './wrong-tokenizer.ts';

/** A tokenizer.json whose two long lists are still unread. */
export interface TokenizerOutline {
  /** the text of everything else: vocabulary and merges are empty in it */
  readonly text: string;
  /** where the object of the vocabulary begins in the file; undefined when there is none */
  readonly pieces: number | undefined;
  /** where the array of merges begins in the file; undefined when there is none */
  readonly merges: number | undefined;
}

/** A value that is left out. */
interface Cut {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly empty: '{}' | '[]';
}

const LISTS = { vocab: 'object', merges: 'array' } as const;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

/**
 * @param bytes of a tokenizer.json
 * @throws FtLensError (input) for what is no UTF-8, or holds two vocabularies. The text is not checked beyond that
 */
export function readOutline(bytes: Uint8Array, path: string): TokenizerOutline {
  if (!isUtf8(bytes)) throw inputError('A text is not valid UTF-8.', { where: path });
  const start = BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte) ? BYTE_ORDER_MARK.length : 0;
  const cursor = new JsonCursor(bytes, path, start);
  const cuts: Cut[] = [];
  readMembers(cursor, (name) => {
    if (name !== 'model') cursor.skip();
    else readMembers(cursor, (inner) => cuts.push(...skip(cursor, inner)));
  });
  const place = (name: keyof typeof LISTS): number | undefined => {
    const [first, second] = cuts.filter((cut) => cut.name === name);
    // JSON.parse would take the last of them without a word.
    if (second) throw wrongTokenizer(path, `two members named ${name}`);
    return first?.start;
  };
  return { text: textWithout(cuts, bytes, path), pieces: place('vocab'), merges: place('merges') };
}

/** Calls for each member of an object; goes over anything that is no object. */
function readMembers(cursor: JsonCursor, read: (name: string) => void): void {
  if (!cursor.begins('object')) {
    cursor.skip();
    return;
  }
  cursor.enter('object');
  while (cursor.more('object')) read(cursor.keyText());
}

/** Goes over a member of the model. */
function skip(cursor: JsonCursor, name: string): Cut[] {
  const kind = name === 'vocab' || name === 'merges' ? LISTS[name] : undefined;
  const isList = kind !== undefined && cursor.begins(kind);
  const start = cursor.place;
  cursor.skip();
  return isList ? [{ name, start, end: cursor.place, empty: kind === 'object' ? '{}' : '[]' }] : [];
}

function textWithout(cuts: readonly Cut[], bytes: Uint8Array, path: string): string {
  const parts: string[] = [];
  let from = 0;
  for (const { start, end, empty } of cuts) {
    parts.push(decodeUtf8(bytes.subarray(from, start), path), empty);
    from = end;
  }
  return parts.join('') + decodeUtf8(bytes.subarray(from), path);
}

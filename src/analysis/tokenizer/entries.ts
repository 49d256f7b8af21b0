import { JsonCursor } from './json-cursor.ts';
import { type Merge, MergeReader } from './merges.ts';
import type { VocabularyFile } from './vocabulary.ts';
import { wrongTokenizer } from './wrong-tokenizer.ts';

/** Pieces with their ids, and the merges that make them; what a BPE model is built of. */
export interface Entries {
  readonly pieces: ReadonlyMap<string, number>;
  /** in the file's order, which is that of their precedence */
  readonly merges: readonly Merge[];
}

/** Which entries are wanted. */
export interface EntryFilter {
  /** with every piece, also all of its parts: whatever it can be a merge of */
  readonly pieces: { has(piece: string): boolean };
  /** pieces that are wanted besides, without the merges that make them */
  readonly besides?: { has(piece: string): boolean };
}

const EVERYTHING: EntryFilter = { pieces: { has: () => true } };

/** @throws FtLensError (input) for a wanted piece that is there twice, or a wanted merge of pieces that are not */
export function readEntries(file: VocabularyFile, wanted: EntryFilter = EVERYTHING): Entries {
  const { path, bytes } = file;
  const pieces = new Map<string, number>();
  const cursor = new JsonCursor(bytes, path, file.pieces);
  cursor.enter('object');
  while (cursor.more('object')) {
    const piece = cursor.keyText();
    const id = cursor.index();
    if (id === undefined || !(wanted.pieces.has(piece) || wanted.besides?.has(piece))) continue;
    // JSON.parse would take the last of them without a word.
    if (pieces.has(piece)) throw wrongTokenizer(path, `a piece twice: ${piece}`);
    pieces.set(piece, id);
  }
  const merges: Merge[] = [];
  const reader = new MergeReader(file);
  for (let merge = reader.next(); merge; merge = reader.next()) {
    const [left, right] = merge;
    if (!wanted.pieces.has(left + right)) continue;
    if (![left, right, left + right].every((piece) => pieces.has(piece)))
      throw wrongTokenizer(path, `a merge of pieces that are not in the vocabulary: ${left} and ${right}`);
    merges.push(merge);
  }
  return { pieces, merges };
}

import { JsonCursor } from './json-cursor.ts';
import type { VocabularyFile } from './vocabulary.ts';
import { wrongTokenizer } from './wrong-tokenizer.ts';

/** A merge of two pieces. */
export type Merge = readonly [left: string, right: string];

/** Reads the merges of a tokenizer.json in order. They are written `["a", "b"]` or `"a b"`. */
export class MergeReader {
  readonly #cursor: JsonCursor;
  readonly #path: string;
  #index = 0;

  constructor({ bytes, path, merges }: VocabularyFile) {
    this.#cursor = new JsonCursor(bytes, path, merges);
    this.#path = path;
    this.#cursor.enter('array');
  }

  /** The next one; undefined after the last. @throws FtLensError (input) for what is no pair of pieces */
  next(): Merge | undefined {
    if (!this.#cursor.more('array')) return undefined;
    const [left, right, ...more] = this.#parts();
    if (left === undefined || right === undefined || more.length > 0)
      throw wrongTokenizer(this.#path, `merge ${this.#index} is not a pair of pieces`);
    this.#index += 1;
    return [left, right];
  }

  #parts(): string[] {
    const cursor = this.#cursor;
    if (cursor.begins('string')) return cursor.string().split(' ');
    const parts: string[] = [];
    if (!cursor.begins('array')) {
      cursor.skip();
      return parts;
    }
    cursor.enter('array');
    while (cursor.more('array'))
      if (cursor.begins('string')) parts.push(cursor.string());
      else cursor.skip();
    return parts;
  }
}

import { LIMITS } from '../../limits.ts';
import { bytesOfPiece, textOfBytes } from './byte-level.ts';
import { JsonCursor } from './json-cursor.ts';
import { MergeReader } from './merges.ts';
import type { AddedToken } from './tokenizer-schema.ts';
import { wrongTokenizer } from './wrong-tokenizer.ts';

/** The bytes of a tokenizer.json, and where its two long lists begin. */
export interface VocabularyFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** where the object of pieces and ids begins */
  readonly pieces: number;
  /** where the array of merges begins */
  readonly merges: number;
}

/** Everything that gives a token id its meaning, read from the file where it is asked for. */
export class Vocabulary {
  readonly #file: VocabularyFile;
  readonly #cursor: JsonCursor;
  /** by id, where its piece stands in the file; 0 for an id without a piece */
  readonly #places: Uint32Array;
  /** literal texts by id; they go before a piece of the same id */
  readonly #added: ReadonlyMap<number, string>;
  #idsOfTexts: Map<string, number[]> | undefined;

  /** @throws FtLensError (input) for an id that is given twice or is no index, and when there are no pieces */
  constructor(file: VocabularyFile, addedTokens: readonly AddedToken[]) {
    this.#file = file;
    this.#cursor = new JsonCursor(file.bytes, file.path);
    this.#places = readPlaces(file);
    this.#added = this.#checkAdded(addedTokens);
  }

  /** Highest token id + 1. */
  get size(): number {
    return [...this.#added.keys()].reduce((size, id) => Math.max(size, id + 1), this.#places.length);
  }

  /** Whole UTF-8 characters as they are, `<0xE4>` for each other byte; undefined for an id without a token. */
  text(id: number): string | undefined {
    const added = this.#added.get(id);
    if (added !== undefined) return added;
    const piece = this.#piece(id);
    if (piece === undefined) return undefined;
    const bytes = bytesOfPiece(piece);
    return bytes === undefined ? piece : textOfBytes(bytes);
  }

  /** Ids of the tokens that have exactly this text. */
  idsOf(text: string): readonly number[] {
    this.#idsOfTexts ??= this.#indexTexts();
    return this.#idsOfTexts.get(text) ?? [];
  }

  /** Whether every id means the same, and every text is cut in the same way, however the files are written. */
  equals(other: Vocabulary): boolean {
    if (this.size !== other.size || this.#added.size !== other.#added.size) return false;
    for (const [id, content] of this.#added) if (other.#added.get(id) !== content) return false;
    for (let id = 0; id < this.#places.length; id += 1)
      if (!this.#added.has(id) && this.#piece(id) !== other.#piece(id)) return false;
    return haveSameMerges(new MergeReader(this.#file), new MergeReader(other.#file));
  }

  #piece(id: number): string | undefined {
    const place = this.#places[id] ?? 0;
    return place === 0 ? undefined : this.#cursor.stringAt(place);
  }

  #checkAdded(tokens: readonly AddedToken[]): Map<number, string> {
    const { path } = this.#file;
    const added = new Map<number, string>();
    for (const { id, content } of tokens) {
      if (!isTokenId(id)) throw wrongTokenizer(path, `a token id that is no index: ${id}`);
      // An added token may stand in the vocabulary as well, but only as itself.
      if (added.has(id) || (this.#piece(id) ?? content) !== content)
        throw wrongTokenizer(path, `two tokens with id ${id}`);
      added.set(id, content);
    }
    return added;
  }

  #indexTexts(): Map<string, number[]> {
    const index = new Map<string, number[]>();
    const { size } = this;
    for (let id = 0; id < size; id += 1) {
      const text = this.text(id);
      if (text !== undefined) index.set(text, [...(index.get(text) ?? []), id]);
    }
    return index;
  }
}

/** Room to begin with, in ids. */
const USUAL_SIZE = 2 ** 12;

/** By id, where a piece stands. */
function readPlaces({ path, bytes, pieces }: VocabularyFile): Uint32Array {
  const cursor = new JsonCursor(bytes, path, pieces);
  let places = new Uint32Array(USUAL_SIZE);
  let size = 0;
  cursor.enter('object');
  while (cursor.more('object')) {
    const place = cursor.key();
    const id = cursor.index();
    if (!isTokenId(id))
      throw wrongTokenizer(path, `${cursor.stringAt(place)} has no token id below ${LIMITS.vocabSize}`);
    if (id >= places.length) places = enlarged(places, id + 1);
    if (places[id] !== 0) throw wrongTokenizer(path, `two pieces with id ${id}`);
    places[id] = place;
    size = Math.max(size, id + 1);
  }
  if (size === 0) throw wrongTokenizer(path, 'an empty vocabulary');
  return places.slice(0, size);
}

function enlarged(places: Uint32Array, size: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(size, 2 * places.length));
  larger.set(places);
  return larger;
}

function isTokenId(id: number | undefined): id is number {
  return Number.isInteger(id) && Number(id) >= 0 && Number(id) < LIMITS.vocabSize;
}

function haveSameMerges(a: MergeReader, b: MergeReader): boolean {
  for (;;) {
    const [left, right] = [a.next(), b.next()];
    if (left === undefined || right === undefined) return left === right;
    if (left[0] !== right[0] || left[1] !== right[1]) return false;
  }
}

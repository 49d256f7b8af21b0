import { createHash } from 'node:crypto';
import { bytesOfPiece, textOfBytes } from './byte-level.ts';
import type { TokenizerFile } from './tokenizer-file.ts';

/** Text by token id; a hole is an id without a token. See `Tokenizer.tokenText` for how bytes are written. */
export function tokenTexts(file: TokenizerFile): (string | undefined)[] {
  const texts: (string | undefined)[] = [];
  for (const [piece, id] of file.vocabulary) {
    const bytes = bytesOfPiece(piece);
    texts[id] = bytes === undefined ? piece : textOfBytes(bytes);
  }
  for (const [id, content] of file.addedTokens) texts[id] = content;
  return Array.from(texts);
}

/**
 * sha256 (hex) over vocabulary, added tokens and merges. Independent of the order of keys and of how a merge is
 * spelled, so that one tokenizer saved by two versions of a library keeps its fingerprint.
 */
export function fingerprint(file: TokenizerFile): string {
  const hash = createHash('sha256');
  const byId = [...file.vocabulary].sort(([, a], [, b]) => a - b);
  const added = [...file.addedTokens].sort(([a], [b]) => a - b);
  hash.update(JSON.stringify({ vocabulary: byId, added, merges: file.merges }));
  return hash.digest('hex');
}

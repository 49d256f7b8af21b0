import { isolate, tokenText } from '../token-text.ts';
import { cut } from '../width.ts';
import type { PageData } from './page-data.ts';

/** Columns of a token: what is longer is no word, and would push everything else away. */
const LONGEST_TOKEN = 64;

/** A token as the page shows it. */
export function shownToken(text: string): string {
  return isolate(cut(tokenText(text), LONGEST_TOKEN, '…'));
}

/** Tokens of a report, each once, in order of appearance. */
export class TokenTable {
  readonly #indices = new Map<string, number>();
  readonly #tokens: { readonly id: number; readonly text: string }[] = [];

  /** Index of a token. */
  add({ id, text }: { readonly id: number; readonly text: string }): number {
    const key = `${id} ${text}`;
    const known = this.#indices.get(key);
    if (known !== undefined) return known;
    this.#indices.set(key, this.#tokens.length);
    this.#tokens.push({ id, text: shownToken(text) });
    return this.#tokens.length - 1;
  }

  /** Ids and visible texts; tokens that look the same are told apart by their id. */
  columns(): PageData['tokens'] {
    const counts = new Map<string, number>();
    for (const { text } of this.#tokens) counts.set(text, (counts.get(text) ?? 0) + 1);
    return {
      id: this.#tokens.map(({ id }) => id),
      text: this.#tokens.map(({ id, text }) => ((counts.get(text) ?? 0) > 1 ? `${text}#${id}` : text)),
    };
  }
}

import type { Entries } from './entries.ts';

/** A tokenizer.json as the tokenizer library takes it: what ft-lens looks at, and whatever else stands in it. */
export interface LibraryJson {
  readonly model: {
    readonly vocab?: object;
    readonly merges?: readonly unknown[];
    readonly unk_token?: string | null;
    readonly byte_fallback?: boolean;
    readonly end_of_word_suffix?: string | null;
    readonly continuing_subword_suffix?: string | null;
  };
  readonly post_processor?: unknown;
}

/** @param json without entries */
export function withEntries(json: LibraryJson, { pieces, merges }: Entries): LibraryJson {
  return { ...json, model: { ...json.model, vocab: Object.fromEntries(pieces), merges } };
}

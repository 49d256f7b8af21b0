import type { Vocabulary } from './vocabulary.ts';

/** One turn of a conversation: an optional system text and what the user says. */
export interface ChatPrompt {
  readonly system?: string | undefined;
  readonly user: string;
}

interface EncodeOptions {
  /** Whether the tokenizer adds its own begin and end tokens, as it does for raw text. Defaults to true. */
  readonly addSpecialTokens?: boolean;
}

/**
 * Text to token ids and back, for one model. Encoding and the chat template run in a thread of their own, because both
 * execute patterns and programs that come with the model and need a time limit; token texts are read at once.
 */
export interface Tokenizer {
  /** Highest token id + 1; 0 when the folder holds no tokenizer. */
  readonly size: number;
  /**
   * Everything that gives an id its meaning: two models can be compared only when theirs are equal. `undefined` when the
   * folder holds no tokenizer.
   */
  readonly vocabulary: Vocabulary | undefined;
  /** Whether a conversation can be written; false when the folder holds no tokenizer. */
  readonly hasChatTemplate: boolean;
  /** Token ids of a text. An input error when there is no tokenizer, or when it does not end within its time limit. */
  encode(text: string, options?: EncodeOptions): Promise<number[]>;
  /** An input error when a part of the tokenizer that no text has needed yet contradicts the rest. */
  check(): Promise<void>;
  /** Ids of the tokens that have exactly this text: one or none, and more where bytes or added tokens look the same. */
  idsOfText(text: string): readonly number[];
  /** The prompt text that the model's chat template makes, ready for an answer. Encode it without special tokens. */
  applyChatTemplate(prompt: ChatPrompt): Promise<string>;
  /**
   * Text of one token: whole UTF-8 characters as they are (control characters too), `<0xE4>` for each byte that is no
   * whole character, `[unused 151700]` for an id without a token, `#5` when the folder holds no tokenizer.
   */
  tokenText(id: number): string;
  /** Ends the thread, if there is one. Token texts stay readable; no text can be encoded any more. */
  close(): Promise<void>;
}

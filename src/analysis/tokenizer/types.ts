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
   * sha256 over everything that gives an id its meaning: vocabulary, added tokens, merges. Two models can be compared
   * only when theirs are equal. `undefined` when the folder holds no tokenizer.
   */
  readonly fingerprint: string | undefined;
  /** Whether a conversation can be written; false when the folder holds no tokenizer. */
  readonly hasChatTemplate: boolean;
  /** Token ids of a text. An input error when there is no tokenizer, or when it does not end within its time limit. */
  encode(text: string, options?: EncodeOptions): Promise<number[]>;
  /**
   * The id that a user's `--track` text means: a token of exactly this text, `#id`, or the one token the text encodes
   * to. Else a usage error that names the tokens the text falls into.
   */
  find(text: string): Promise<number>;
  /** The prompt text that the model's chat template makes, ready for an answer. Encode it without special tokens. */
  applyChatTemplate(prompt: ChatPrompt): Promise<string>;
  /**
   * Text of one token: whole UTF-8 characters as they are (control characters too), `<0xE4>` for each byte that is no
   * whole character, `[unused 151700]` for an id without a token, `#5` when the folder holds no tokenizer.
   */
  tokenText(id: number): string;
  /** Ends the thread. Token texts stay readable. */
  close(): Promise<void>;
}

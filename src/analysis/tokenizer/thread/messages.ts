import type { FailureDetails } from '../../../errors.ts';
import type { TokenizerConfig } from '../tokenizer-config.ts';
import type { ChatPrompt } from '../types.ts';
import type { VocabularyFile } from '../vocabulary.ts';

/** What the tokenizer thread is started with. */
export interface TokenizerSources {
  readonly folder: string;
  readonly file: VocabularyFile;
  /** the text of tokenizer.json without pieces and merges */
  readonly outline: string;
  readonly config: TokenizerConfig;
  readonly template: string | undefined;
}

/** What the main thread asks, and what each question is answered with. */
export interface Calls {
  /** reads everything, whether a text needs it or not */
  check: { readonly question: undefined; readonly answer: undefined };
  encode: { readonly question: { text: string; addSpecialTokens: boolean }; readonly answer: number[] };
  chat: { readonly question: ChatPrompt; readonly answer: string };
}

export type Call = keyof Calls;

export type Question = { [C in Call]: { readonly call: C; readonly question: Calls[C]['question'] } }[Call];

/** Errors do not cross threads as themselves: an FtLensError travels as its fields, a defect with its stack. */
export type Reply =
  | { readonly answer: Calls[Call]['answer'] }
  | { readonly failure: { readonly message: string; readonly details: Omit<FailureDetails, 'cause'> } }
  | { readonly defect: string };

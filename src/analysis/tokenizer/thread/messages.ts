import type { FailureDetails } from '../../../errors.ts';
import type { ChatPrompt } from '../types.ts';

/** Texts of the files of one tokenizer, read by the main thread; only the tokenizer thread looks inside. */
export interface TokenizerSources {
  readonly folder: string;
  readonly tokenizer: string;
  readonly config: string | undefined;
  readonly chatTemplate: string | undefined;
}

export interface Vocabulary {
  /** Text by token id; a hole is an id without a token. */
  readonly texts: readonly (string | undefined)[];
  readonly fingerprint: string;
  readonly hasChatTemplate: boolean;
}

/** What the main thread asks, and what each question is answered with. */
export interface Calls {
  load: { readonly question: TokenizerSources; readonly answer: Vocabulary };
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

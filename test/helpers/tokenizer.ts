import { openTokenizer } from '../../src/analysis/tokenizer/open-tokenizer.ts';
import { readTokenizer } from '../../src/analysis/tokenizer/read-tokenizer.ts';

/** The files of a tokenizer, as texts. */
export interface TokenizerTexts {
  readonly tokenizer: string;
  readonly config?: string | undefined;
  readonly chatTemplate?: string | undefined;
}

/** A tokenizer in this thread: its vocabulary, and what the tokenizer thread would do. */
export function tokenizerOf({ tokenizer, config, chatTemplate }: TokenizerTexts) {
  const files = { folder: 'model', tokenizer: new TextEncoder().encode(tokenizer), config, chatTemplate };
  const { vocabulary, sources } = readTokenizer(files);
  return { vocabulary, sources, ...openTokenizer(sources) };
}

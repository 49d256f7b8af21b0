import type { Tokenizer } from '../tokenizer/types.ts';
import type { OpenModel } from './open-model.ts';

/** What a model folder holds, both open. */
export interface ModelAndTokenizer {
  readonly model: OpenModel;
  readonly tokenizer: Tokenizer;
}

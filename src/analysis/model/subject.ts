import type { Tokenizer } from '../tokenizer/types.ts';
import type { OpenModel } from './open-model.ts';

/** A model folder and its tokenizer, both open. */
export interface Subject {
  readonly model: OpenModel;
  readonly tokenizer: Tokenizer;
}

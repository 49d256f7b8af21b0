import { inputError } from '../../errors.ts';

/** @param got what contradicts the rest of the file */
export function wrongTokenizer(path: string, got: string): Error {
  return inputError('This tokenizer contradicts itself.', {
    where: path,
    expected: 'every token id once, every merge of known pieces',
    got,
    remedy: 'take the tokenizer.json that the model was published with',
  });
}

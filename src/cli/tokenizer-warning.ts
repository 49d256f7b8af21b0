import { loadTokenizer } from '../analysis/tokenizer/load-tokenizer.ts';
import { FtLensError } from '../errors.ts';

/** Why `analyze` will read no text with the tokenizer of an export; undefined when it will. */
export async function tokenizerWarning(folder: string): Promise<string | undefined> {
  const problem = await tokenizerProblem(folder);
  return problem && `${problem} analyze will take --token-ids for this export, but no text.`;
}

async function tokenizerProblem(folder: string): Promise<string | undefined> {
  try {
    const tokenizer = await loadTokenizer(folder);
    try {
      await tokenizer.check();
      return undefined;
    } finally {
      await tokenizer.close();
    }
  } catch (error) {
    if (error instanceof FtLensError) return error.message;
    throw error;
  }
}

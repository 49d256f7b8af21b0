import type { NextToken } from './decoder-session.ts';

/** Why a continuation ends: its last token ends a text, it is as long as was asked for, or the model reads no further. */
type StoppedBy = 'end-of-text' | 'length' | 'context';

export interface Continuation {
  readonly tokens: readonly NextToken[];
  readonly stoppedBy: StoppedBy;
}

export interface WritingLimits {
  /** tokens to write, at least 1 */
  readonly length: number;
  /** tokens of prompt and continuation that the model can read; undefined when it does not say */
  readonly context: number | undefined;
  /** ids of the tokens that end a text */
  readonly endOfText: ReadonlySet<number>;
}

/**
 * Writes greedily: the most probable token, again and again. A token that ends a text is the last of a continuation.
 * @param read reads tokens after all earlier ones, and says what follows
 * @param onToken is told how many there are, after each
 */
export async function writeOn(
  read: (ids: readonly number[]) => Promise<NextToken>,
  prompt: readonly number[],
  { length, context = Infinity, endOfText }: WritingLimits,
  onToken?: (written: number) => void,
): Promise<Continuation> {
  const tokens: NextToken[] = [];
  let unread = prompt;
  for (;;) {
    const next = await read(unread);
    tokens.push(next);
    onToken?.(tokens.length);
    if (endOfText.has(next.id)) return { tokens, stoppedBy: 'end-of-text' };
    if (tokens.length >= length) return { tokens, stoppedBy: 'length' };
    if (prompt.length + tokens.length > context) return { tokens, stoppedBy: 'context' };
    unread = [next.id];
  }
}

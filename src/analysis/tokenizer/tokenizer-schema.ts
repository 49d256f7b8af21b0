import * as z from 'zod';
import { inputError } from '../../errors.ts';
import { issueText } from '../../zod-issues.ts';

const componentSchema = z.looseObject({ type: z.string() });

/**
 * What ft-lens relies on in a tokenizer.json; pre-tokenizer, normalizer and the like belong to the tokenizer library.
 * The 10^5 entries of vocabulary and merges are checked where they are read, faster and without losing a piece named
 * `__proto__`.
 */
const tokenizerSchema = z.looseObject({
  model: z.looseObject({
    type: z.literal('BPE'),
    vocab: z.custom<object>((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
    merges: z.custom<readonly unknown[]>(Array.isArray),
  }),
  added_tokens: z.array(z.looseObject({ id: z.number(), content: z.string().min(1) })).default([]),
  decoder: z.union([
    componentSchema.extend({ type: z.literal('ByteLevel') }),
    z.looseObject({
      type: z.literal('Sequence'),
      decoders: z.array(componentSchema).refine((decoders) => decoders.some(({ type }) => type === 'ByteLevel')),
    }),
  ]),
});

export interface AddedToken {
  readonly id: number;
  readonly content: string;
}

/** A tokenizer.json whose form is right; its numbers and names are not checked yet. */
export interface TokenizerJson {
  readonly model: { readonly vocab: object; readonly merges: readonly unknown[] };
  readonly added_tokens: readonly AddedToken[];
}

/** @throws FtLensError (input) for JSON that is no byte-level BPE tokenizer */
export function requireTokenizer(json: unknown, path: string): TokenizerJson {
  const parsed = tokenizerSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw inputError('This tokenizer is not a byte-level BPE tokenizer, the only kind that ft-lens reads.', {
    where: path,
    got: issueText(parsed.error),
    remedy: 'take tokenizer.json away, pass --token-ids, and track tokens by #id',
  });
}

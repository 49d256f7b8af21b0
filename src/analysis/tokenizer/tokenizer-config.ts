import * as z from 'zod';
import { inputError } from '../../errors.ts';
import { parseJson } from '../../read-text-file.ts';
import { issueText } from '../../zod-issues.ts';

const specialToken = z
  .union([z.string(), z.looseObject({ content: z.string() }).transform(({ content }) => content)])
  .nullish();

/** The keys of tokenizer_config.json that a chat template reads; a template may also be a list of named ones. */
const tokenizerConfigSchema = z.looseObject({
  chat_template: z.union([z.string(), z.array(z.looseObject({ name: z.string(), template: z.string() }))]).nullish(),
  bos_token: specialToken,
  eos_token: specialToken,
  pad_token: specialToken,
  unk_token: specialToken,
});

export type TokenizerConfig = z.infer<typeof tokenizerConfigSchema>;

export function parseTokenizerConfig(text: string | undefined, path: string): TokenizerConfig {
  const parsed = tokenizerConfigSchema.safeParse(text === undefined ? {} : parseJson(text, path));
  if (parsed.success) return parsed.data;
  throw inputError('tokenizer_config.json is not what such a file is.', {
    where: path,
    got: issueText(parsed.error),
    remedy: 'take the tokenizer_config.json that the model was published with',
  });
}

/** The model's template: chat_template.jinja goes before tokenizer_config.json, as in transformers. */
export function findChatTemplate(jinjaFile: string | undefined, config: TokenizerConfig): string | undefined {
  if (jinjaFile !== undefined) return jinjaFile;
  if (typeof config.chat_template === 'string') return config.chat_template;
  return config.chat_template?.find(({ name }) => name === 'default')?.template;
}

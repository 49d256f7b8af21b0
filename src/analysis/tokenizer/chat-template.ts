import * as z from 'zod';
import { Template } from '@huggingface/jinja';
import { inputError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { parseJson } from '../../read-text-file.ts';
import { issueText } from '../../zod-issues.ts';
import type { ChatPrompt } from './types.ts';

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
  });
}

/** The model's template: chat_template.jinja goes before tokenizer_config.json, as in transformers. */
export function findChatTemplate(jinjaFile: string | undefined, config: TokenizerConfig): string | undefined {
  if (jinjaFile !== undefined) return jinjaFile;
  if (typeof config.chat_template === 'string') return config.chat_template;
  return config.chat_template?.find(({ name }) => name === 'default')?.template;
}

/** The text of a conversation that waits for the answer, as the model was trained to see it. */
export function renderChatTemplate(template: string, config: TokenizerConfig, prompt: ChatPrompt): string {
  if (template.length > LIMITS.chatTemplateBytes) {
    throw inputError('The chat template is larger than such templates ever are.', {
      expected: `at most ${LIMITS.chatTemplateBytes} characters`,
      got: `${template.length}`,
    });
  }
  const { system, user } = prompt;
  const messages = [
    ...(system === undefined ? [] : [{ role: 'system', content: system }]),
    { role: 'user', content: user },
  ];
  try {
    const text = new Template(template).render({
      messages,
      add_generation_prompt: true,
      bos_token: config.bos_token ?? '',
      eos_token: config.eos_token ?? '',
      pad_token: config.pad_token ?? '',
      unk_token: config.unk_token ?? '',
    });
    if (text.length > LIMITS.promptBytes) throw new Error(`it made ${text.length} characters`);
    return text;
  } catch (error) {
    throw inputError('The chat template of this model failed.', {
      got: error instanceof Error ? error.message.slice(0, 500) : String(error),
      remedy: 'leave out --chat and write the whole prompt yourself',
      cause: error,
    });
  }
}

import { Template } from '@huggingface/jinja';
import { inputError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { TokenizerConfig } from './tokenizer-config.ts';
import type { ChatPrompt } from './types.ts';

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

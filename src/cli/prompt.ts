import { stat } from 'node:fs/promises';
import type { Prompt } from '../analysis/request.ts';
import { usageError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { interruptSignal } from './interrupt.ts';
import { decodeUtf8, readTextFile } from '../read-text-file.ts';

export interface PromptOptions {
  readonly promptFile?: string | undefined;
  readonly tokenIds?: number[] | undefined;
  readonly chat?: true | undefined;
  readonly system?: string | undefined;
}

const WAYS = 'an argument, - for standard input, --prompt-file FILE or --token-ids LIST';

/** The prompt of a call, from wherever the user put it; exactly one source must be given. */
export async function readPrompt(argument: string | undefined, options: PromptOptions): Promise<Prompt> {
  const sources = [
    argument === undefined ? undefined : 'the argument',
    options.promptFile === undefined ? undefined : '--prompt-file',
    options.tokenIds === undefined ? undefined : '--token-ids',
  ].filter((source) => source !== undefined);
  if (sources.length === 0) throw usageError('There is no prompt.', { expected: WAYS });
  if (sources.length > 1) {
    throw usageError('There is more than one prompt.', { expected: `one of ${WAYS}`, got: sources.join(' and ') });
  }
  const chat = options.chat === true;
  if (options.system !== undefined && !chat) {
    throw usageError('A system text needs the chat template.', { where: '--system', remedy: 'add --chat' });
  }
  if (options.tokenIds !== undefined) {
    if (chat) throw usageError('Token ids cannot go through the chat template.', { where: '--token-ids --chat' });
    return { tokenIds: options.tokenIds };
  }
  const text = await readText(argument, options.promptFile);
  if (text === '') throw usageError('The prompt is empty.', { expected: 'at least one token to read' });
  return chat ? { user: text, system: options.system } : text;
}

async function readText(argument: string | undefined, file: string | undefined): Promise<string> {
  if (file !== undefined) {
    await refusePipe(file);
    return readTextFile(file, LIMITS.promptBytes);
  }
  return argument === '-' ? readStandardInput() : (argument ?? '');
}

/** A pipe, such as `<(command)` of a shell, is read through standard input, where an interruption can end the waiting. */
async function refusePipe(file: string): Promise<void> {
  const status = await stat(file).catch(() => undefined);
  if (!status?.isFIFO() && !status?.isSocket() && !status?.isCharacterDevice()) return;
  throw usageError('The prompt file is a pipe or a device.', {
    where: `--prompt-file ${file}`,
    expected: 'a regular file',
    remedy: 'give - as the prompt and pipe the text to standard input: COMMAND | ft-lens analyze -',
  });
}

/** Standard input as UTF-8 text, up to the limit of a prompt. */
async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Whoever types the prompt may give up.
  interruptSignal.addEventListener('abort', () => process.stdin.destroy(), { once: true });
  for await (const chunk of process.stdin) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > LIMITS.promptBytes) {
      throw usageError('The prompt is longer than any prompt is.', {
        where: 'standard input',
        expected: `at most ${LIMITS.promptBytes} bytes`,
      });
    }
    chunks.push(part);
  }
  interruptSignal.throwIfAborted();
  return decodeUtf8(Buffer.concat(chunks), 'standard input');
}

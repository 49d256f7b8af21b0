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
  if (sources.length === 0) throw noPrompt();
  if (sources.length > 1) {
    throw usageError('There is more than one prompt.', {
      where: 'ft-lens analyze',
      expected: `one of ${WAYS}`,
      got: sources.join(' and '),
      remedy: 'leave all but one out; a text with blanks is one argument in quotes',
    });
  }
  const chat = options.chat === true;
  if (options.system !== undefined && !chat) {
    throw usageError('A system text needs the chat template.', { where: '--system', remedy: 'add --chat' });
  }
  if (options.tokenIds !== undefined) {
    if (chat) {
      throw usageError('Token ids cannot go through the chat template.', {
        where: '--token-ids --chat',
        remedy: 'leave --chat out: token ids are read as they are',
      });
    }
    return { tokenIds: options.tokenIds };
  }
  const text = await readText(argument, options.promptFile);
  if (text === '') {
    throw usageError('The prompt is empty.', {
      where: sources[0],
      expected: 'at least one token to read',
      got: 'an empty text',
      remedy: 'ft-lens analyze "You are a fox."',
    });
  }
  return chat ? { user: text, system: options.system } : text;
}

function noPrompt(): Error {
  return usageError('There is no prompt.', {
    where: 'ft-lens analyze',
    expected: WAYS,
    got: 'none of them',
    remedy: 'ft-lens analyze "You are a fox."',
  });
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

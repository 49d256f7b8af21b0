import { inputError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { readPinnedFile } from '../../pinned-file.ts';
import { readFolderText } from '../../read-text-file.ts';
import { readTokenizer, type TokenizerFiles } from './read-tokenizer.ts';
import type { Call, Calls } from './thread/messages.ts';
import { TokenizerThread } from './thread/tokenizer-thread.ts';
import type { Tokenizer } from './types.ts';

/**
 * Time limits in ms. Reading 33 MB of tokenizer and encoding a long prompt take a second each, a template none; a
 * machine with twenty times the work that it has cores for needs twenty times as long.
 */
const TIME_LIMITS = { check: 60_000, encode: 60_000, chat: 20_000 } as const;

export interface LoadOptions {
  /** Starts the thread at once, not with the first text: it is ready when one comes. */
  readonly forText?: boolean;
}

/**
 * Opens the tokenizer of a model folder: tokenizer.json, and tokenizer_config.json and chat_template.jinja when there.
 * A folder without tokenizer.json gives a tokenizer that knows ids only: `--token-ids` needs no more.
 */
export async function loadTokenizer(folder: string, options: LoadOptions = {}): Promise<Tokenizer> {
  return openFiles(await readFiles(folder), options);
}

/** The tokenizers of several folders, in their order. Folders with the same files share one: it is loaded once. */
export async function loadTokenizers(folders: readonly string[], options: LoadOptions = {}): Promise<Tokenizer[]> {
  const files = await Promise.all(folders.map(readFiles));
  const tokenizers: Tokenizer[] = [];
  try {
    for (const [i, own] of files.entries()) {
      const twin = files.slice(0, i).findIndex((other) => areSame(own, other));
      tokenizers.push(tokenizers[twin] ?? openFiles(own, options));
    }
  } catch (error) {
    await Promise.all(tokenizers.map((tokenizer) => tokenizer.close()));
    throw error;
  }
  return tokenizers;
}

/** The files of a tokenizer; without tokenizer.json it is none. */
type FolderFiles = Omit<TokenizerFiles, 'tokenizer'> & { readonly tokenizer: Uint8Array | undefined };

async function readFiles(folder: string): Promise<FolderFiles> {
  const [tokenizer, config, chatTemplate] = await Promise.all([
    readPinnedFile(folder, 'tokenizer.json', LIMITS.tokenizerBytes),
    readFolderText(folder, 'tokenizer_config.json', LIMITS.configBytes),
    readFolderText(folder, 'chat_template.jinja', LIMITS.chatTemplateBytes),
  ]);
  return { folder, tokenizer, config, chatTemplate };
}

function areSame(a: FolderFiles, b: FolderFiles): boolean {
  if (a.tokenizer === undefined || b.tokenizer === undefined) return a.tokenizer === b.tokenizer;
  return Buffer.compare(a.tokenizer, b.tokenizer) === 0 && a.config === b.config && a.chatTemplate === b.chatTemplate;
}

function openFiles({ tokenizer, ...others }: FolderFiles, { forText = false }: LoadOptions): Tokenizer {
  if (tokenizer === undefined) return tokenizerOfIds(others.folder);
  const { vocabulary, sources } = readTokenizer({ tokenizer, ...others });
  let thread = forText ? new TokenizerThread(sources) : undefined;
  let closed = false;
  const ask = async <C extends Call>(call: C, question: Calls[C]['question']): Promise<Calls[C]['answer']> => {
    // A thread that starts after the end would have nobody to end it.
    if (closed) throw new Error('the tokenizer has been closed');
    if (thread === undefined || thread.isEnding) thread = new TokenizerThread(sources);
    return thread.ask(call, question, TIME_LIMITS[call]);
  };
  return {
    vocabulary,
    size: vocabulary.size,
    hasChatTemplate: sources.template !== undefined,
    async encode(text, { addSpecialTokens = true } = {}) {
      const ids = await ask('encode', { text, addSpecialTokens });
      if (ids.every((id) => vocabulary.text(id) !== undefined)) return ids;
      throw inputError('The tokenizer has no token for a part of this text.', {
        where: sources.file.path,
        remedy: 'leave this part out, or pass --token-ids',
      });
    },
    check: () => ask('check', undefined),
    tokenText: (id) => vocabulary.text(id) ?? `[unused ${id}]`,
    idsOfText: (text) => vocabulary.idsOf(text),
    applyChatTemplate: (prompt) => ask('chat', prompt),
    async close() {
      closed = true;
      await thread?.end();
    },
  };
}

function tokenizerOfIds(folder: string): Tokenizer {
  const missing = (): Error =>
    inputError('This model folder holds no tokenizer.', {
      where: folder,
      expected: 'tokenizer.json',
      got: 'no such file',
      remedy: 'pass --token-ids, and track tokens by #id',
    });
  return {
    vocabulary: undefined,
    size: 0,
    hasChatTemplate: false,
    encode: () => Promise.reject(missing()),
    check: () => Promise.reject(missing()),
    idsOfText: () => [],
    applyChatTemplate: () => Promise.reject(missing()),
    tokenText: (id) => `#${id}`,
    close: () => Promise.resolve(),
  };
}

import { usageError } from '../errors.ts';
import type { ChatPrompt } from './tokenizer/types.ts';

/** Raw text, a conversation for the model's chat template, or token ids. */
export type Prompt = string | ChatPrompt | { readonly tokenIds: readonly number[] };

/** What to read, and of which models. What is left out is taken from {@link ANALYZE_DEFAULTS}. */
export interface AnalyzeRequest extends Partial<AnalyzeSettings> {
  readonly prompt: Prompt;
  /** export folder */
  readonly base: string;
  /** export folder of the fine-tune; without it one model is read */
  readonly ft?: string | undefined;
  /** export folder of the base under another recipe: how far it moves is the noise floor; only with a fine-tune */
  readonly floor?: string | undefined;
  /** threads of the CPU; ONNX Runtime chooses by default */
  readonly threads?: number | undefined;
}

/** How a prompt is read. */
export interface AnalyzeSettings {
  readonly device: 'auto' | 'cpu' | 'cuda' | 'webgpu';
  /** tokens per layer */
  readonly topK: number;
  /** tokens of the final prediction */
  readonly finalTop: number;
  /** which positions of the prompt to read; negative ones count from the end */
  readonly positions: 'last' | 'all' | readonly number[];
  /** 'none' leaves the final norm out before the head, which is not what the model does */
  readonly norm: 'final' | 'none';
  /** what to follow through the layers: a token by its text or `#id`, also with its spellings, or words between commas */
  readonly track: readonly string[];
  /** a token is active when its probability, 0..1, is above this */
  readonly activeThreshold: number;
  /** layers, counted from 1, whose attention is listed beside that of the last one */
  readonly attentionLayers: 'last' | 'all' | readonly number[];
  /** attended positions listed */
  readonly attentionTop: number;
  /** whether the report holds the attention of every head */
  readonly heads: boolean;
  /** whether the states of each of two models are also read through the other's norm and head */
  readonly crossHead: boolean;
  /** tokens that each model writes after the prompt, at most; 0 for none */
  readonly generate: number;
  /** whether a device other than the CPU is compared with it, at one layer, before a model is read */
  readonly selfTest: boolean;
}

export const ANALYZE_DEFAULTS: AnalyzeSettings = {
  device: 'auto',
  topK: 5,
  finalTop: 10,
  positions: 'last',
  norm: 'final',
  track: [],
  activeThreshold: 0.01,
  attentionLayers: 'last',
  attentionTop: 5,
  heads: false,
  crossHead: false,
  generate: 0,
  selfTest: true,
};

/** Every token written is read at every layer by every model: a thousand make a report of 100 MB. */
const MOST_WRITTEN = 1_024;

/**
 * @param vocabularySize rows of the LM head
 * @throws FtLensError (usage) for numbers that the model cannot give
 */
export function requirePossible(settings: AnalyzeSettings & Pick<AnalyzeRequest, 'ft'>, vocabularySize: number): void {
  const { topK, finalTop, attentionTop, activeThreshold } = settings;
  for (const [option, count, most] of [
    ['--top-k', topK, vocabularySize],
    ['--final-top', finalTop, vocabularySize],
    ['--attention-top', attentionTop, Infinity],
  ] as const) {
    if (Number.isSafeInteger(count) && count >= 1 && count <= most) continue;
    throw usageError(count > most ? 'More tokens are asked for than the model has.' : 'This is no number of tokens.', {
      where: option,
      expected: most === Infinity ? 'a whole number of at least 1' : `1 to ${most}`,
      got: String(count),
      remedy: `ask for fewer: ${option} 10`,
    });
  }
  requirePossibleLength(settings.generate);
  if (settings.crossHead && settings.ft === undefined)
    throw usageError('There is no other head to read through.', {
      where: '--cross-head',
      expected: 'two models',
      got: 'one',
      remedy: 'add --ft DIR',
    });
  if (!(activeThreshold >= 0 && activeThreshold <= 1))
    throw usageError('This is no probability.', {
      where: '--active-threshold',
      expected: 'a number from 0 to 1',
      got: String(activeThreshold),
    });
}

function requirePossibleLength(tokens: number): void {
  if (Number.isSafeInteger(tokens) && tokens >= 0 && tokens <= MOST_WRITTEN) return;
  throw usageError('So many tokens cannot be written.', {
    where: '--generate',
    expected: `1 to ${MOST_WRITTEN}`,
    got: String(tokens),
  });
}

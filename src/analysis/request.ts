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
  /** tokens to follow through the layers, by their text or `#id` */
  readonly track: readonly string[];
  /** a token is active when its probability, 0..1, is above this */
  readonly activeThreshold: number;
  /** attended positions listed */
  readonly attentionTop: number;
  /** whether the report holds the attention of every head */
  readonly heads: boolean;
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
  attentionTop: 5,
  heads: false,
  selfTest: true,
};

/**
 * @param vocabularySize rows of the LM head
 * @throws FtLensError (usage) for numbers that the model cannot give
 */
export function requirePossible(settings: AnalyzeSettings, vocabularySize: number): void {
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
    });
  }
  if (!(activeThreshold >= 0 && activeThreshold <= 1))
    throw usageError('This is no probability.', {
      where: '--active-threshold',
      expected: 'a number from 0 to 1',
      got: String(activeThreshold),
    });
}

import { usageError } from '../errors.ts';

/** What to read, and of which models. */
export interface AnalyzeRequest {
  readonly prompt:
    | { readonly text: string; readonly chat: boolean; readonly system?: string }
    | { readonly tokenIds: readonly number[] };
  /** export folder */
  readonly base: string;
  /** export folder of the fine-tune; without it one model is read */
  readonly ft?: string | undefined;
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
  /** a token is active when its probability is above this */
  readonly activeThreshold: number;
  /** attended positions listed */
  readonly attentionTop: number;
  /** whether the report holds the attention of every head */
  readonly heads: boolean;
  /** threads of the CPU; ONNX Runtime chooses by default */
  readonly threads?: number | undefined;
}

/**
 * @param vocabularySize rows of the LM head
 * @throws FtLensError (usage) for numbers that the model cannot give
 */
export function requirePossible({ topK, finalTop }: AnalyzeRequest, vocabularySize: number): void {
  for (const [option, count] of [
    ['--top-k', topK],
    ['--final-top', finalTop],
  ] as const) {
    if (Number.isSafeInteger(count) && count >= 1 && count <= vocabularySize) continue;
    throw usageError('More tokens are asked for than the model has.', {
      where: option,
      expected: `1 to ${vocabularySize}`,
      got: String(count),
    });
  }
}

import { readFileSync } from 'node:fs';

/** What a model makes of the tokens of a continuation. */
interface Judgement {
  /** 0..1 */
  readonly probs: readonly number[];
  readonly ranks: readonly number[];
}

interface GoldenContinuation {
  readonly ids: readonly number[];
  readonly stoppedBy: 'end-of-text' | 'length';
  readonly base: Judgement;
  readonly ft: Judgement;
}

export interface GenerationPrompt {
  readonly name: string;
  readonly ids: readonly number[];
  /** what a user says, put into the chat template */
  readonly user?: string;
  readonly continuations: { readonly base: GoldenContinuation; readonly ft: GoldenContinuation };
}

interface GenerationGolden {
  readonly mostTokens: number;
  readonly pairs: Readonly<Record<string, readonly GenerationPrompt[]>>;
}

/** What scripts/fixtures/make-generation-golden.py wrote. */
export function readGenerationGolden(): GenerationGolden {
  return JSON.parse(readFileSync(new URL('../golden/generation.json', import.meta.url), 'utf8')) as GenerationGolden;
}

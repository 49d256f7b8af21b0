import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../src/report/schema.ts';
import { type FineTune, type Form, MODELS } from './models.ts';

// The built program: its threads and child processes start from compiled files.
const { analyze } = (await import(
  new URL('../../dist/index.js', import.meta.url).href
)) as typeof import('../../src/index.ts');

export const README_PROMPT = 'You are a fox. you are fox, give';

/** A prompt that no training set holds, as token ids: in order, and with 70 % of its words scrambled. */
export interface HeldOutPrompt extends Readonly<Record<Form, readonly number[]>> {
  readonly set: 'unseen pairs' | 'unseen roles';
  readonly chat: boolean;
  readonly text: string;
}

export const heldOutPrompts = JSON.parse(
  readFileSync(join(MODELS, 'held-out-prompts.json'), 'utf8'),
) as readonly HeldOutPrompt[];

/** Base against a fine-tune at the last position of a prompt. */
export function compare(
  prompt: string | readonly number[],
  fineTune: FineTune,
  norm: 'final' | 'none' = 'final',
): Promise<Report> {
  return read(prompt, 'base', fineTune, norm);
}

/** The prompt through two exports, the first one first; with one thread, so that other programs disturb less. */
export async function forwardTimes(
  prompt: readonly number[],
  first: string,
  second: string,
): Promise<[number, number]> {
  const { models } = await read(prompt, first, second, 'final', 1);
  return [models.base.timing.forwardMs, models.ft?.timing.forwardMs ?? Number.NaN];
}

function read(
  prompt: string | readonly number[],
  base: string,
  ft: string,
  norm: 'final' | 'none',
  threads?: number,
): Promise<Report> {
  return analyze({
    prompt: typeof prompt === 'string' ? prompt : { tokenIds: prompt },
    base: join(MODELS, `${base}-int4`),
    ft: join(MODELS, `${ft}-int4`),
    norm,
    threads,
  });
}

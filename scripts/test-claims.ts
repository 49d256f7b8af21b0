/**
 * Tests what was published about fine-tuning on scrambled prompts, on the demo pair, with ft-lens's own reports: writes
 * models/claims.json and prints its tables as Markdown. Run it with `npm run demo:claims`; it takes some minutes.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../src/report/schema.ts';
import { claimTables } from './demo/claim-tables.ts';
import { type Claims, type PairFigures, pairFigures } from './demo/claims.ts';
import { type FineTune, type Form, MODELS } from './demo/models.ts';
import { meanOf } from './demo/intervals.ts';
import { compare, forwardTimes, heldOutPrompts, README_PROMPT } from './demo/read-prompts.ts';

const SPEED_TOKENS = 250;
const SPEED_REPEATS = 20;

const claims: Claims = {
  heldOut: { ft: await bothForms('ft'), control: await bothForms('control') },
  withoutNorm: await figures('ft', 'clean', 'none'),
  readmePrompt: {
    ft: pairFigures([await compare(README_PROMPT, 'ft')]),
    control: pairFigures([await compare(README_PROMPT, 'control')]),
  },
  speed: await speed(),
};
writeFileSync(join(MODELS, 'claims.json'), `${JSON.stringify(claims, sixDigits, 1)}\n`);
process.stdout.write(`${claimTables(claims)}\n`);

/** For JSON.stringify: more digits than an interval has mean nothing. */
function sixDigits(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value;
}

async function bothForms(fineTune: FineTune): Promise<Record<Form, PairFigures>> {
  return { clean: await figures(fineTune, 'clean'), scrambled: await figures(fineTune, 'scrambled') };
}

async function figures(fineTune: FineTune, form: Form, norm: 'final' | 'none' = 'final'): Promise<PairFigures> {
  const reports: Report[] = [];
  for (const prompt of heldOutPrompts) {
    process.stderr.write(`${fineTune}, ${form}, norm ${norm}: ${reports.length + 1} of ${heldOutPrompts.length}\r`);
    reports.push(await compare(prompt[form], fineTune, norm));
  }
  process.stderr.write('\n');
  return pairFigures(reports);
}

/** Whatever runs second may run on warm memory: each model goes first once. */
async function speed(): Promise<Claims['speed']> {
  const [ratios, base, ft]: [number[], number[], number[]] = [[], [], []];
  const prompt = heldOutPrompts.flatMap(({ clean }) => clean).slice(0, SPEED_TOKENS);
  for (let repeat = 0; repeat < SPEED_REPEATS; repeat++) {
    const [baseFirst, ftSecond] = await forwardTimes(prompt, 'base', 'ft');
    const [ftFirst, baseSecond] = await forwardTimes(prompt, 'ft', 'base');
    ratios.push(Math.sqrt((ftFirst / baseFirst) * (ftSecond / baseSecond)));
    base.push((baseFirst + baseSecond) / 2);
    ft.push((ftFirst + ftSecond) / 2);
  }
  return {
    tokens: prompt.length,
    repeats: SPEED_REPEATS,
    ratio: meanOf(ratios),
    baseMs: meanOf(base),
    ftMs: meanOf(ft),
  };
}

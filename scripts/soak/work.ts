import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { AnalyzeRequest, FtLensError, Report } from '../../src/index.ts';
import { MODELS } from '../demo/models.ts';

// The built program: its threads and child processes start from compiled files.
const ftLens = (await import(
  new URL('../../dist/index.js', import.meta.url).href
)) as typeof import('../../src/index.ts');

const base = join(MODELS, 'base-int4');
const ft = join(MODELS, 'ft-int4');
const prompt = 'You are a fox. you are fox, give';

/** What users ask for, in turn. */
const REQUESTS: readonly AnalyzeRequest[] = [
  { prompt, base, ft },
  { prompt, base, ft, positions: 'all', track: [' me', '#376'] },
  { prompt, base },
  { prompt: { user: 'You are a fox.', system: 'Be brief.' }, base, ft, heads: true },
  { prompt: { tokenIds: Array.from({ length: 60 }, (_, i) => (i * 37 + 5) % 4_000) }, base, ft, norm: 'none' },
  { prompt, base: ft, ft: base, topK: 50 },
];

/** Calls that fail, each in its own place: before a model is opened, while it is, and in the engine. */
const WRONG: readonly AnalyzeRequest[] = [
  { prompt, base: join(MODELS, 'nowhere') },
  { prompt, base, topK: 1_000_000 },
  { prompt, base, positions: [99] },
  { prompt, base, track: ['no single token at all'] },
  { prompt: { tokenIds: [1, 4_000_000] }, base, ft },
];

/** Interruptions come earlier and later, over the whole length of a run. */
const INTERRUPTION_STEP_MS = 60;

type Outcome = 'done' | 'refused' | 'interrupted';

/**
 * The work of run number `run`: most do what they are asked, every tenth is interrupted, every tenth is a wrong call.
 * @param shared a signal that is never aborted
 * @throws for any outcome but the one that is right
 */
export async function soakRun(run: number, shared: AbortSignal): Promise<Outcome> {
  const request = REQUESTS[run % REQUESTS.length]!;
  if (run % 10 === 4) return expectFailure('interrupted', interruptedRun(request, run));
  if (run % 10 === 9) return expectFailure('refused', ftLens.analyze(WRONG[Math.floor(run / 10) % WRONG.length]!));
  const report = await ftLens.analyze(request, { signal: shared });
  await renderAll(report);
  return 'done';
}

async function interruptedRun(request: AnalyzeRequest, run: number): Promise<Report> {
  const controller = new AbortController();
  const analysis = ftLens.analyze(request, { signal: controller.signal });
  await Promise.race([analysis.catch(() => undefined), setTimeout(((run / 10) % 12) * INTERRUPTION_STEP_MS)]);
  controller.abort();
  return analysis;
}

/** An analysis may have ended before its interruption came. */
async function expectFailure(expected: 'interrupted' | 'refused', work: Promise<Report>): Promise<Outcome> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ftLens.FtLensError)) throw error;
    if (outcomeOf(error) === expected) return expected;
    throw error;
  }
  if (expected === 'interrupted') return 'done';
  throw new Error('a wrong call was not refused');
}

function outcomeOf({ kind }: FtLensError): Outcome | undefined {
  if (kind === 'interrupted') return 'interrupted';
  return kind === 'input' || kind === 'usage' ? 'refused' : undefined;
}

async function renderAll(report: Report): Promise<void> {
  const view = { width: 120, colour: 0, ascii: false, accessible: false, layers: 'all', terminal: false } as const;
  const texts = [
    ftLens.renderTable(report, view),
    ftLens.renderCsv(report),
    ftLens.renderJson(report),
    ftLens.renderHtml(report, await ftLens.loadPageCode()),
  ];
  if (texts.some((text) => text.length === 0)) throw new Error('an empty report');
}

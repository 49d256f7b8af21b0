import { usageError } from '../../errors.ts';
import { checkMerge } from '../../export/merge-check/check-merge.ts';
import { jsonDocument } from '../../render/json.ts';
import { mergeCheckText } from '../describe/merge-check.ts';
import { interruptSignal } from '../interrupt.ts';
import { writeData } from '../output.ts';
import { progressOf, type StderrOptions } from '../progress.ts';

export interface MergeCheckOptions extends StderrOptions {
  readonly base?: string | undefined;
  readonly adapter?: string | undefined;
  readonly allRows?: true | undefined;
  readonly failOn?: 'merge' | undefined;
  readonly verify?: true | undefined;
  readonly json?: true | undefined;
}

/** Whether `inspect` was asked for a merge check: one of the options that only it has was given. */
export function asksForMergeCheck({ base, adapter, allRows, failOn }: MergeCheckOptions): boolean {
  return [base, adapter, allRows, failOn].some((option) => option !== undefined);
}

/** `ft-lens inspect FINE-TUNE --base BASE --adapter LORA`: is the fine-tune its base with this LoRA merged in once? */
export async function runMergeCheck(ft: string, options: MergeCheckOptions): Promise<void> {
  const { base, adapter } = options;
  if (base === undefined || adapter === undefined || options.verify) {
    throw usageError('A merge is checked between a fine-tune, its base and a LoRA.', {
      where: `inspect ${ft}`,
      expected: '--base and --adapter together, without --verify',
      got:
        [base && '--base', adapter && '--adapter', options.verify && '--verify'].filter(Boolean).join(', ') ||
        'none of them',
      remedy: `ft-lens inspect ${ft} --base DIR --adapter DIR`,
    });
  }
  const progress = progressOf(options);
  try {
    const check = await checkMerge(
      { ft, base, adapter, allRows: options.allRows === true },
      {
        signal: interruptSignal,
        onProgress: ({ layer, layers, done, total }) =>
          progress.status(
            'compare',
            `${layer === undefined ? '' : `layer ${layer}/${layers}  `}weight ${done} of ${total}`,
          ),
      },
    );
    progress.end();
    await writeData(options.json ? jsonDocument(check, 2) : mergeCheckText(check), undefined);
    if (options.failOn === 'merge' && !check.passed) process.exitCode = 1;
  } finally {
    progress.end();
  }
}

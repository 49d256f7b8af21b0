import { usageError } from '../../errors.ts';
import { tokenCount } from '../../report/numbers.ts';
import type { AnalyzeSettings } from '../request.ts';

/**
 * The positions to read, ascending and without repetitions.
 * @param length tokens of the prompt
 * @throws FtLensError (usage) for a position outside the prompt
 */
export function wantedPositions(positions: AnalyzeSettings['positions'], length: number): number[] {
  if (positions === 'last') return [length - 1];
  if (positions === 'all') return Array.from({ length }, (_, position) => position);
  const wanted = positions.map((position) => {
    const counted = position < 0 ? length + position : position;
    if (Number.isSafeInteger(counted) && counted >= 0 && counted < length) return counted;
    throw usageError('A position lies outside the prompt.', {
      where: '--positions',
      expected: `-${length} to ${length - 1}: the prompt has ${tokenCount(length)}`,
      got: String(position),
      remedy: 'count from 0, or from -1 backwards; --positions all reads every one',
    });
  });
  if (wanted.length === 0) throw usageError('There is no position to read.', { where: '--positions' });
  return [...new Set(wanted)].sort((a, b) => a - b);
}

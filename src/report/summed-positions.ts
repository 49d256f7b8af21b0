import { withoutSink } from '../analysis/lens/routing-summary.ts';
import { positionWords } from './verdict/words.ts';

/** `positions 1 to 9 (without 0, the usual attention sink)`: what routing is summed up over. */
export function summedPositions(read: readonly number[]): string {
  const summed = withoutSink(read.map((position) => ({ position }))).map(({ position }) => position);
  return positionWords(summed) + (summed.length < read.length ? ' (without 0, the usual attention sink)' : '');
}

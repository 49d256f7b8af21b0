import { describe, expect, it } from 'vitest';
import { writeOn, type WritingLimits } from '../../../src/analysis/generate/write-on.ts';

const PROMPT = [5, 6, 7];

/** A model that counts on from the last token that it read, and what it was given to read. */
function counter() {
  const read: number[][] = [];
  return {
    read,
    next: (ids: readonly number[]) => {
      read.push([...ids]);
      return Promise.resolve({ id: (ids.at(-1) as number) + 1, probability: 0.5 });
    },
  };
}

async function written(limits: Partial<WritingLimits>) {
  const { read, next } = counter();
  const { tokens, stoppedBy } = await writeOn(next, PROMPT, {
    length: 100,
    context: undefined,
    endOfText: new Set([11]),
    ...limits,
  });
  return { ids: tokens.map(({ id }) => id), stoppedBy, read };
}

describe('writeOn', () => {
  it('reads the prompt at once, and then each token that it wrote', async () => {
    const { ids, read } = await written({ length: 3 });
    expect(ids).toEqual([8, 9, 10]);
    expect(read).toEqual([PROMPT, [8], [9]]);
  });

  it('ends with a token that ends a text, which belongs to the continuation', async () => {
    expect(await written({})).toMatchObject({ ids: [8, 9, 10, 11], stoppedBy: 'end-of-text' });
    expect(await written({ endOfText: new Set([8, 9]) })).toMatchObject({ ids: [8], stoppedBy: 'end-of-text' });
  });

  it('ends at the length asked for; an end of text at that very place is one', async () => {
    expect(await written({ length: 2 })).toMatchObject({ ids: [8, 9], stoppedBy: 'length' });
    expect(await written({ length: 4 })).toMatchObject({ ids: [8, 9, 10, 11], stoppedBy: 'end-of-text' });
  });

  it('ends where the model would have to read more than it can', async () => {
    // With a context of 4 the model reads 3 + 1 tokens, and the last one that it writes is never read.
    expect(await written({ context: 4 })).toMatchObject({
      ids: [8, 9],
      stoppedBy: 'context',
      read: [PROMPT, [8]],
    });
    expect(await written({ context: 3 })).toMatchObject({ ids: [8], stoppedBy: 'context', read: [PROMPT] });
  });

  it('tells of every token', async () => {
    const counts: number[] = [];
    await writeOn(counter().next, PROMPT, { length: 3, context: undefined, endOfText: new Set() }, (count) =>
      counts.push(count),
    );
    expect(counts).toEqual([1, 2, 3]);
  });
});

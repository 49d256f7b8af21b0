import { describe, expect, it } from 'vitest';
import { mapInOrder } from '../../../src/export/encode/map-in-order.ts';

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('mapInOrder', () => {
  it('yields results in the order of the items, whichever is ready first', async () => {
    const results = mapInOrder([30, 1, 10, 0], 3, async (ms) => {
      await wait(ms);
      return ms;
    });
    const order: number[] = [];
    for await (const ms of results) order.push(ms);
    expect(order).toEqual([30, 1, 10, 0]);
  });

  it('begins no more than it may, and the next only when a result was taken', async () => {
    const begun: number[] = [];
    const results = mapInOrder([0, 1, 2, 3, 4], 2, async (item) => {
      begun.push(item);
      return item;
    });
    expect(begun).toEqual([]);
    await results.next();
    expect(begun).toEqual([0, 1]);
    await results.next();
    expect(begun).toEqual([0, 1, 2]);
  });

  it('reports a failure in its turn, after all that was begun has come to an end', async () => {
    let running = 0;
    const results = mapInOrder([0, 1, 2, 3], 3, async (item) => {
      running++;
      await wait(5 * item);
      running--;
      if (item === 1) throw new Error('one');
      return item;
    });
    expect(await results.next()).toEqual({ value: 0, done: false });
    await expect(results.next()).rejects.toThrow('one');
    expect(running).toBe(0);
  });

  it('lets what was begun come to an end when it is left early', async () => {
    let running = 0;
    const results = mapInOrder([0, 1, 2, 3], 3, async (item) => {
      running++;
      await wait(5 * item);
      running--;
    });
    await results.next();
    await results.return();
    expect(running).toBe(0);
  });
});

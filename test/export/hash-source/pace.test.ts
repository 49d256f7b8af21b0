import { describe, expect, it } from 'vitest';
import { Pace } from '../../../src/export/hash-source/pace.ts';

const MEGABYTE = 2 ** 20;

describe('Pace', () => {
  it('lets a thread go on below what is allowed, and knows how far it has come', () => {
    const pace = new Pace();
    const thread = new Pace(pace.cells);
    pace.allow(3 * MEGABYTE);
    expect(thread.waitAt(2.5 * MEGABYTE)).toBe(true);
    expect(pace.done).toBe(2 * MEGABYTE);
  });

  it('counts in whole megabytes, so that no byte of a file is out of reach', () => {
    const pace = new Pace();
    pace.allow(5 * MEGABYTE + 1);
    expect(pace.waitAt(5 * MEGABYTE)).toBe(true);
  });

  it('says when to stop', () => {
    const pace = new Pace();
    pace.allow(MEGABYTE);
    pace.stop();
    expect(pace.waitAt(0)).toBe(false);
  });

  it('reaches beyond what 32 bits can count in bytes', () => {
    const pace = new Pace();
    const bytes = 2 ** 40;
    pace.allow(bytes + 1);
    expect(pace.waitAt(bytes)).toBe(true);
    expect(pace.done).toBe(bytes);
  });
});

import { describe, expect, it } from 'vitest';
import { requireReadable } from '../../../src/analysis/prompt/require-readable.ts';

const limits = { maxPositions: 4, vocabularySize: 10 };

describe('requireReadable', () => {
  it('accepts a prompt that fills the model to its limits', () => {
    expect(() => requireReadable([0, 9, 9, 9], limits)).not.toThrow();
    expect(() => requireReadable(Array(100).fill(1), { ...limits, maxPositions: undefined })).not.toThrow();
  });

  it.each([
    [[], 'The prompt is empty.', 'none'],
    [[1, 2, 3, 4, 5], 'The prompt is longer than the model can read.', '5 tokens'],
    [[1, 10], 'The prompt holds a token id that the model does not have.', '10'],
    [[-1], 'The prompt holds a token id that the model does not have.', '-1'],
    [[1.5], 'The prompt holds a token id that the model does not have.', '1.5'],
  ])('refuses %j', (ids, message, got) => {
    expect(() => requireReadable(ids, limits)).toThrow(expect.objectContaining({ message, got, exitCode: 2 }));
  });
});

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createProgress, type Progress } from '../../src/cli/progress.ts';

interface Recorder {
  readonly progress: Progress;
  readonly written: () => string;
}

function record(
  stream: { isTTY?: boolean; columns?: number },
  { environment = {}, quiet = false }: { environment?: Record<string, string>; quiet?: boolean } = {},
): Recorder {
  let text = '';
  const progress = createProgress({
    stream: { ...stream, write: (part: string) => (text += part) },
    environment: { NO_COLOR: '1', ...environment },
    quiet,
    noColor: false,
  });
  return { progress, written: () => text };
}

function work(progress: Progress): void {
  progress.status('base', 'layer 1/2');
  vi.advanceTimersByTime(50);
  progress.status('base', 'too soon to be read');
  vi.advanceTimersByTime(50);
  progress.status('base', 'layer 2/2');
  progress.done('base', 'loaded  0.1 s');
  progress.warning('it has no manifest');
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('progress', () => {
  test('rewrites one line on a terminal and leaves finished ones', () => {
    const { progress, written } = record({ isTTY: true, columns: 80 });
    work(progress);
    expect(written()).toBe(
      '\r\u001B[2Kbase     layer 1/2\r\u001B[2Kbase     layer 2/2\r\u001B[2Kbase     loaded  0.1 s\nwarning  it has no manifest\n',
    );
  });

  test('never wraps the line that is rewritten', () => {
    const { progress, written } = record({ isTTY: true, columns: 20 });
    progress.status('base', '日本語日本語日本語');
    expect(written()).toBe('\r\u001B[2Kbase     日本語日…');
  });

  test.each([
    ['in a pipe', {}, {}],
    ['for a screen reader', { isTTY: true }, { environment: { ACCESSIBLE: '1' } }],
  ])('%s: finished lines, and the status each ten seconds', (_name, stream, options) => {
    const { progress, written } = record(stream, options);
    progress.status('base', 'layer 1/2');
    vi.advanceTimersByTime(9_999);
    expect(written()).toBe('');
    progress.status('base', 'layer 2/2');
    vi.advanceTimersByTime(10_001);
    progress.done('base', 'loaded');
    vi.advanceTimersByTime(60_000);
    expect(written()).toBe('base     layer 2/2\nbase     layer 2/2\nbase     loaded\n');
  });

  test('--quiet leaves warnings only', () => {
    const { progress, written } = record({ isTTY: true, columns: 80 }, { quiet: true });
    work(progress);
    progress.summary('table\n');
    expect(written()).toBe('warning  it has no manifest\n');
  });

  test('end takes away what would stand before the data', () => {
    const { progress, written } = record({ isTTY: true, columns: 80 });
    progress.status('ft', 'lens');
    progress.end();
    progress.end();
    expect(written()).toBe('\r\u001B[2Kft       lens\r\u001B[2K');
  });

  test('text from files is made visible', () => {
    const { progress, written } = record({});
    progress.done('base', 'x\u001B[2J\n');
    expect(written()).toBe(String.raw`base     x\x1B[2J\n` + '\n');
  });
});

import { Chalk } from 'chalk';
import { visibleText } from '../render/token-text.ts';
import { isAccessible, usesColour, type Environment, type Terminal } from './terminal.ts';

const LABEL_WIDTH = 9;
/** Without a terminal a long phase still gives a sign of life, this often, in ms. */
const STATUS_INTERVAL_MS = 10_000;
/** Faster than this nobody can read, in ms. */
const REWRITE_INTERVAL_MS = 100;
const CLEAR_LINE = '\r\u001B[2K';

/** Lines on standard error: what a run is doing, for people. Each has a label such as `base` or `export`. */
export interface Progress {
  /** What is going on now: rewritten in place on a terminal, else written every ten seconds. */
  status(label: string, text: string): void;
  /** A phase has ended: its line stays. */
  done(label: string, text: string): void;
  /** Something the user should know; shown with --quiet too. */
  warning(text: string): void;
  /** Lines of a summary, written as they are. */
  summary(text: string): void;
  /** Takes away the line that is rewritten: call it before anything else is written to the terminal. */
  end(): void;
}

/** Options of every command that shows progress. */
export interface StderrOptions {
  readonly quiet?: true | undefined;
  readonly color: boolean;
}

/** Progress on the standard error of this process. */
export function progressOf(options: StderrOptions): Progress {
  return createProgress({
    stream: process.stderr,
    environment: process.env,
    quiet: options.quiet === true,
    noColor: !options.color,
  });
}

interface ProgressOptions {
  readonly stream: Terminal & { write(text: string): unknown };
  readonly environment: Environment;
  readonly quiet: boolean;
  readonly noColor: boolean;
}

export function createProgress({ stream, environment, quiet, noColor }: ProgressOptions): Progress {
  const chalk = new Chalk({ level: usesColour(stream, environment, noColor) ? 1 : 0 });
  const rewrites = stream.isTTY === true && !isAccessible(environment);
  let current: string | undefined;
  let onScreen = false;
  let rewrittenAt = -Infinity;
  let timer: NodeJS.Timeout | undefined;

  const clear = (): void => {
    if (onScreen) stream.write(CLEAR_LINE);
    onScreen = false;
  };
  const write = (line: string): void => {
    clear();
    stream.write(`${line}\n`);
  };
  const end = (): void => {
    clear();
    clearInterval(timer);
    timer = undefined;
    current = undefined;
  };
  return {
    status(label, text) {
      if (quiet) return;
      current = progressLine(label, text);
      if (rewrites) {
        const now = performance.now();
        if (onScreen && now - rewrittenAt < REWRITE_INTERVAL_MS) return;
        rewrittenAt = now;
        stream.write(CLEAR_LINE + cutToWidth(current, (stream.columns ?? 80) - 1));
        onScreen = true;
      } else {
        timer ??= setInterval(() => current !== undefined && write(current), STATUS_INTERVAL_MS).unref();
      }
    },
    done(label, text) {
      end();
      if (!quiet) write(progressLine(label, text));
    },
    warning(text) {
      write(`${chalk.bold('warning'.padEnd(LABEL_WIDTH))}${visibleText(text)}`);
    },
    summary(text) {
      clear();
      if (!quiet) stream.write(text);
    },
    end,
  };
}

function progressLine(label: string, text: string): string {
  return label.padEnd(LABEL_WIDTH) + visibleText(text);
}

function cutToWidth(line: string, width: number): string {
  if (mostColumns(line) <= width) return line;
  let cut = '';
  for (const character of line) {
    if (mostColumns(cut + character) > width - 1) break;
    cut += character;
  }
  return `${cut}…`;
}

/** Columns that a text takes at most: to know it exactly takes tables of Unicode, and a while to load them. */
function mostColumns(text: string): number {
  return Array.from(text, (character) => (/[\u0020-\u02ff]/.test(character) ? 1 : 2)).reduce((a, b) => a + b, 0);
}

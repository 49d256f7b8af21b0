import { Chalk } from 'chalk';
import { FtLensError } from '../errors.ts';
import { visibleText } from '../render/token-text.ts';

export interface ErrorBlockStyle {
  readonly colour: boolean;
  /** Columns of the terminal, or of the page when there is none. */
  readonly width: number;
  /** Adds the stack of an error that ft-lens raised on purpose. */
  readonly verbose: boolean;
  /** What to do about a wrong call that says nothing better. */
  readonly help?: string | undefined;
}

const DEFECT_EXIT_CODE = 3;
/** Messages of files and libraries can be of any length; a block stays readable. */
const LONGEST_TEXT = 600;
const LABEL_WIDTH = 10;

export function exitCodeOf(error: unknown): number {
  return error instanceof FtLensError ? error.exitCode : DEFECT_EXIT_CODE;
}

/**
 * One block for every failure, ending in a newline: a whole sentence with the exit code, then where, expected, got, and
 * what to do. A stack only for a defect of ft-lens, or with `verbose`.
 */
export function errorBlock(error: unknown, style: ErrorBlockStyle): string {
  const chalk = new Chalk({ level: style.colour ? 1 : 0 });
  const known = error instanceof FtLensError ? error : undefined;
  const message = known?.message ?? 'ft-lens itself failed: this is a defect.';
  const lines = [headline(shown(message), exitCodeOf(error), style.width, chalk.red.bold('error'))];
  if (known) lines.push(...detailLines(known, style));
  else lines.push(detail('do', 'report it with the lines below, and the command that led to it'));
  if (style.verbose || !known) lines.push(...stackLines(error));
  return `${lines.join('\n')}\n`;
}

function headline(message: string, exitCode: number, width: number, label: string): string {
  const exit = `exit ${exitCode}`;
  const space = width - 'error  '.length - message.length - exit.length;
  return `${label}  ${message}${' '.repeat(Math.max(space, 2))}${exit}`;
}

function detailLines(error: FtLensError, { width, help }: ErrorBlockStyle): string[] {
  const lines: string[] = [];
  if (error.where !== undefined) lines.push(detail('where', error.where));
  const expected = error.expected === undefined ? undefined : detail('expected', error.expected);
  const got = error.got === undefined ? undefined : detail('got', error.got);
  const together = `${expected}     ${got?.trimStart().replace(/^got +/, 'got  ')}`;
  if (expected !== undefined && got !== undefined && together.length <= width) lines.push(together);
  else lines.push(...[expected, got].filter((line) => line !== undefined));
  const remedy = error.remedy ?? (error.kind === 'usage' ? help : undefined);
  if (remedy !== undefined) lines.push(detail('do', remedy));
  return lines;
}

function detail(label: string, text: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${shown(text)}`;
}

function stackLines(error: unknown): string[] {
  const lines = (error instanceof Error ? (error.stack ?? error.message) : String(error)).split('\n').map(visibleText);
  const cause = error instanceof Error && error.cause !== undefined ? ['caused by', ...stackLines(error.cause)] : [];
  return [...lines, ...cause];
}

function shown(text: string): string {
  const graphemes = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  return visibleText(graphemes);
}

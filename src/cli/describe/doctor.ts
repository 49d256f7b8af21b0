import { Chalk } from 'chalk';
import { wrap } from '../../render/table/wrap.ts';
import { visibleText } from '../../render/token-text.ts';
import type { DoctorCheck, DoctorReport } from '../../setup/doctor/report.ts';

interface Look {
  readonly mark: string;
  /** for screen readers */
  readonly word: string;
  readonly colour: 'green' | 'red' | 'bold' | 'dim';
}

const LOOKS: Readonly<Record<DoctorCheck['status'], Look>> = {
  pass: { mark: '✓', word: 'good', colour: 'green' },
  warn: { mark: '!', word: 'take note', colour: 'bold' },
  fail: { mark: '✗', word: 'failed', colour: 'red' },
  absent: { mark: '-', word: 'not there', colour: 'dim' },
};

const LABEL_WIDTH = 10;

export interface DoctorStyle {
  readonly colour: boolean;
  readonly accessible: boolean;
  /** columns; undefined: lines are not broken */
  readonly width: number | undefined;
}

/** A line a check: mark, name, what was found; below it what to do. */
export function doctorText({ checks }: DoctorReport, { colour, accessible, width = Infinity }: DoctorStyle): string {
  const chalk = new Chalk({ level: colour ? 1 : 0 });
  const lines = checks.map(({ id, status, text, remedy }) => {
    const { mark, word, colour: style } = LOOKS[status];
    const found = visibleText(text);
    const advice = remedy === undefined ? undefined : visibleText(remedy);
    if (accessible) return `${id}: ${word}. ${found}.${advice === undefined ? '' : ` What to do: ${advice}.`}\n`;
    const check = wrap(`${chalk[style](mark)} ${id.padEnd(LABEL_WIDTH)}`, found, width);
    const toDo = advice === undefined ? [] : wrap(`${' '.repeat(LABEL_WIDTH + 2)}→ `, advice, width);
    return [...check, ...toDo].map((line) => `${line}\n`).join('');
  });
  return lines.join('');
}

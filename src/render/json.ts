import { runtimeError } from '../errors.ts';
import type { Report } from '../report/schema.ts';
import { jsonEscape } from './token-text.ts';

/** DEL, C1, line and paragraph separators and bidirectional controls: valid in JSON, harmful in a terminal. */
const TERMINAL_HAZARD = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * The report as one JSON document and a newline. Numbers keep full precision; characters that a terminal would obey are
 * written as escapes, which every JSON reader turns back.
 *
 * @throws FtLensError when a number is not finite, which JSON cannot say
 */
export function renderJson(report: Report): string {
  return jsonDocument(report);
}

/** Any value as {@link renderJson} writes a report; with `indent`, over several lines. */
export function jsonDocument(value: unknown, indent?: number): string {
  return `${JSON.stringify(value, refuseNonFinite, indent).replaceAll(TERMINAL_HAZARD, jsonEscape)}\n`;
}

function refuseNonFinite(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw runtimeError('The report holds a number that is not finite.', {
      where: key,
      expected: 'a finite number',
      got: String(value),
    });
  }
  return value;
}

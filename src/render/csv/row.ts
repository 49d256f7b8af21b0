import { visibleText } from '../token-text.ts';

export const COLUMNS = ['model', 'position', 'layer', 'statistic', 'key', 'id', 'text', 'value'] as const;

/** One value of the report and what it is of; what is left out is an empty field. */
export interface Row {
  readonly model?: 'base' | 'ft' | 'both' | 'floor';
  readonly position?: number;
  readonly layer?: number;
  readonly statistic: string;
  readonly key?: number | string;
  readonly id?: number;
  readonly text?: string;
  readonly value?: number;
}

/** Where a value stands: the columns that many rows share. */
export type Place = Pick<Row, 'model' | 'position' | 'layer'>;

/**
 * Text that shows as itself and does nothing: control and format characters are escapes, and a quote stands before what
 * a spreadsheet would take for a formula, as spreadsheets themselves write it.
 */
export function csvText(text: string): string {
  const shown = visibleText(text);
  return /^[\s\u2068]*[=+\-@＝＋－＠']/.test(shown) ? `'${shown}` : shown;
}

/** A row for each number; what is null or undefined has none. */
export function numberRows(
  place: Place,
  numbers: Readonly<Record<string, number | boolean | null | undefined>>,
): Row[] {
  return Object.entries(numbers).flatMap(([statistic, value]) =>
    value === null || value === undefined ? [] : [{ ...place, statistic, value: Number(value) }],
  );
}

interface ListedToken {
  readonly id: number;
  readonly text: string;
}

/** A row for each token of a list, the first with key 1. */
export function tokenRows<Token extends ListedToken>(
  place: Place,
  statistic: string,
  tokens: readonly Token[],
  value: (token: Token) => number,
): Row[] {
  return tokens.map((token, index) => ({
    ...place,
    statistic,
    key: index + 1,
    id: token.id,
    text: csvText(token.text),
    value: value(token),
  }));
}

/** What a stream of a terminal program tells about itself. */
export interface Terminal {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Variables of the environment, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const SMALLEST_TRUSTED_COLUMNS = 40;

/**
 * Whether to colour a stream. First match wins: `--no-color`, FORCE_COLOR (0 and false are off), NO_COLOR (any text,
 * https://no-color.org), TERM=dumb, and last whether a terminal is there at all. Decided here for each stream, because
 * chalk itself ignores NO_COLOR.
 */
export function usesColour(stream: Terminal, environment: Environment, noColor: boolean): boolean {
  if (noColor) return false;
  const forced = environment['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if (environment['NO_COLOR']) return false;
  if (environment['TERM'] === 'dumb') return false;
  return stream.isTTY === true;
}

/** Whether a person asked for output that a screen reader can read: sentences, no bars, no line that is rewritten. */
export function isAccessible(environment: Environment): boolean {
  const wish = environment['ACCESSIBLE'];
  return wish !== undefined && wish !== '' && wish !== '0';
}

/**
 * Columns for the table: `--width`, else the terminal's, else COLUMNS when it is a plausible number, else unlimited
 * (`undefined`): nothing is cut in a pipe or a file.
 */
export function tableWidth(stream: Terminal, environment: Environment, asked: number | undefined): number | undefined {
  if (asked !== undefined) return asked;
  if (stream.isTTY && stream.columns) return stream.columns;
  const columns = Number(environment['COLUMNS']);
  return Number.isInteger(columns) && columns >= SMALLEST_TRUSTED_COLUMNS ? columns : undefined;
}

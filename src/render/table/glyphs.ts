/** Every character of the table view that is not a letter, a digit or ASCII punctuation, in one place. */
export interface Glyphs {
  readonly vertical: string;
  readonly horizontal: string;
  readonly cross: string;
  readonly corner: string;
  readonly axisTick: string;
  /** Parts of a bar's last cell, empty to full. */
  readonly bar: readonly string[];
  /** Heights of a curve's cell, lowest to highest. */
  readonly curve: readonly string[];
  readonly tick: string;
  readonly settled: string;
  readonly identical: string;
  /** At or below the noise floor. */
  readonly within: string;
  readonly differs: string;
  readonly otherTop1: string;
  readonly folded: string;
  readonly ellipsis: string;
  readonly dot: string;
  readonly arrow: string;
  readonly up: string;
  readonly down: string;
  readonly minus: string;
  readonly atLeast: string;
  readonly pass: string;
  readonly warn: string;
  readonly fail: string;
  /** Heading of the Jensen-Shannon distance √(JS / ln 2). */
  readonly distance: string;
}

export const UNICODE: Glyphs = {
  vertical: '│',
  horizontal: '─',
  cross: '┼',
  corner: '└',
  axisTick: '┬',
  bar: ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
  curve: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  tick: '╵',
  settled: '┃',
  identical: '=',
  within: '≈',
  differs: '~',
  otherTop1: '≠',
  folded: '⋮',
  ellipsis: '…',
  dot: '·',
  arrow: '→',
  up: '↑',
  down: '↓',
  minus: '−',
  atLeast: '≥',
  pass: '✓',
  warn: '!',
  fail: '✗',
  distance: '√JS',
};

/** For terminals that draw ambiguous characters two columns wide, and for logs that are not UTF-8. */
export const ASCII: Glyphs = {
  vertical: '|',
  horizontal: '-',
  cross: '+',
  corner: '+',
  axisTick: '+',
  bar: ['', '#'],
  curve: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  tick: "'",
  settled: '*',
  identical: '=',
  within: '.',
  differs: '~',
  otherTop1: '!',
  folded: ':',
  ellipsis: '..',
  dot: '-',
  arrow: '->',
  up: '^',
  down: 'v',
  minus: '-',
  atLeast: '>=',
  pass: 'ok',
  warn: 'warning',
  fail: 'FAILED',
  distance: 'dist',
};

/** A bar of at most `width` cells for a share in 0..1, to the nearest part of a cell. */
export function bar(share: number, width: number, { bar: parts }: Glyphs): string {
  const perCell = parts.length - 1;
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width * perCell);
  return (parts.at(-1) ?? '').repeat(Math.floor(filled / perCell)) + (parts[filled % perCell] ?? '');
}

/** One cell a value in 0..1. */
export function curve(shares: readonly number[], { curve: heights }: Glyphs): string {
  const highest = heights.length - 1;
  return shares
    .map((share) => heights[Math.min(highest, Math.max(0, Math.floor(share * heights.length)))] ?? '')
    .join('');
}

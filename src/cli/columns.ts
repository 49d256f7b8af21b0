import stringWidth from 'string-width';

export type Alignment = 'left' | 'right';

const GAP = '  ';

/** Rows as aligned columns, without borders and without blanks at line ends. Cells must be visible text. */
export function columns(rows: readonly (readonly string[])[], alignments: readonly Alignment[]): string[] {
  const widths = alignments.map((_, column) => Math.max(...rows.map((row) => stringWidth(row[column] ?? ''))));
  return rows.map((row) =>
    alignments
      .map((alignment, column) => pad(row[column] ?? '', widths[column] ?? 0, alignment))
      .join(GAP)
      .trimEnd(),
  );
}

function pad(text: string, width: number, alignment: Alignment): string {
  const blanks = ' '.repeat(Math.max(width - stringWidth(text), 0));
  return alignment === 'left' ? text + blanks : blanks + text;
}

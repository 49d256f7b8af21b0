/** A Markdown table. All columns but the first hold numbers, and are aligned to the right. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}

/** 0.0123 → "12.3 ms", 12.34 → "12.3 s" */
export function formatSeconds(seconds: number): string {
  if (seconds < 1) return `${(1_000 * seconds).toPrecision(3)} ms`;
  return `${seconds.toFixed(seconds < 100 ? 1 : 0)} s`;
}

/** 1234567890 → "1.23 GB" */
export function formatGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

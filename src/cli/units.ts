const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes for people, in powers of 1000: `16.9 GB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1)} ${BYTE_UNITS[unit] ?? ''}`;
}

/** A time for people: `0.1 s`, `6 min 12 s`. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

const SMALLEST_PERCENT = 0.01;

/** A ratio as a percentage; `0` only for exactly nothing. */
export function formatPercent(ratio: number): string {
  if (ratio === 0) return '0';
  const percent = ratio * 100;
  if (percent < SMALLEST_PERCENT) return `<${SMALLEST_PERCENT} %`;
  return percent >= 10 ? `${percent.toFixed(1)} %` : `${percent.toPrecision(2)} %`;
}

/** A count for people: `18,432`, from a million `30.5 M`, from 10^9 `30.5 B`. */
export function formatCount(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} B`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} M`;
  return count.toLocaleString('en-US');
}

/** Memory and disk for people, in powers of 1000: `16.9 GB`, below one gigabyte `732 MB`. */
export function formatSize(bytes: number): string {
  return bytes >= 999.5e6 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}

/** Share of a name's letters that may differ before it is another name. */
const LARGEST_SHARE = 0.4;

/** A shorter common part says nothing. */
const SHORTEST_PART = 3;

/** The candidate nearest to `word`: one that contains it or is contained, else by edit distance. */
export function suggestSimilar(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: distance(word, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  const [nearest] = ranked;
  return nearest !== undefined && nearest.distance <= LARGEST_SHARE ? nearest.candidate : undefined;
}

/** 0 for equal names, 1 for names that share nothing. */
function distance(a: string, b: string): number {
  const contained = Math.min(a.length, b.length) >= SHORTEST_PART && (a.includes(b) || b.includes(a));
  if (contained) return 0.1;
  return levenshtein(a, b) / Math.max(a.length, b.length, 1);
}

/** Edit distance: insertions, deletions and replacements of UTF-16 units (Wagner and Fischer, 1974). */
function levenshtein(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

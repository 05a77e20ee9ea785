/** "Did you mean": the nearest of some words. */

/** The candidate that begins so, else the fewest typing slips away; undefined when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const begun = candidates.find((candidate) => word.length > 2 && candidate.startsWith(word));
  if (begun !== undefined) return begun;
  let best: string | undefined;
  // Two slips, one in a short word, or a third of a longer one: beyond that a guess is noise.
  let least = Math.max(word.length < 4 ? 1 : 2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const slips = distance(word, candidate);
    if (slips < least && slips < Math.max(word.length, candidate.length))
      [best, least] = [candidate, slips];
  }
  return best;
}

/** Letters inserted, dropped, replaced, or swapped with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let previous: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(at(row, j) + 1, at(next, j - 1) + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, at(previous, j - 2) + 1);
      }
      next.push(cost);
    }
    [previous, row] = [row, next];
  }
  return at(row, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}

/** Words that may be cut short, as long as it is clear which one is meant. */

export type Found<W extends string> =
  | { readonly word: W }
  | { readonly word?: undefined; readonly candidates: readonly W[] };

/** The word itself, or the only one that begins so. */
export function findWord<W extends string>(words: readonly W[], typed: string): Found<W> {
  const lower = typed.toLowerCase();
  const exact = words.find((word) => word === lower);
  if (exact !== undefined) return { word: exact };
  if (lower === "") return { candidates: [] };
  const candidates = words.filter((word) => word.startsWith(lower));
  const [only, ...others] = candidates;
  return only !== undefined && others.length === 0 ? { word: only } : { candidates };
}

/** Why no word was found, as telnet has it. */
export function complaint(typed: string, candidates: readonly string[], what: string): string {
  if (candidates.length === 0) return `?Invalid ${what}: ${printable(typed)}. Type ? for help.`;
  return `?Ambiguous ${what}: ${printable(typed)} may be ${candidates.join(", ")}`;
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 40);
}

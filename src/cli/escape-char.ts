/** The key that leads out of a session that owns the terminal: `^]`, `^A`, `~`, `none`. */
import { quote } from "../core/errors.ts";
import { parseKey } from "../core/key.ts";
import { cannot } from "./usage.ts";

export { formatKey as formatEscape } from "../core/key.ts";

/** ^], as telnet has it. */
export const ESCAPE = 0x1d;

/**
 * The byte that `--escape` and telnet's `-e` mean; `none`, `off` and an empty text mean that there is no such key:
 * undefined.
 *
 * @throws {NcxError} USAGE for what is not one key.
 */
export function parseEscape(text: string, flag: string): number | undefined {
  const key = parseKey(text);
  if (key === undefined)
    throw cannot(`use ${flag} ${quote(text)}`, "it is not one key", "give ^], ^A, ~ or none");
  return key === "none" ? undefined : key;
}

/** Exit codes: which failure is which number (house rules; a personality has its own). */
import { NcxError } from "../core/errors.ts";
import type { Personality } from "./personality.ts";

/** A total --timeout ran out. */
export const TIMED_OUT = 124;
/** A bug in ncx. */
const BUG = 70;

export function exitCodeOf(error: unknown, { exit }: Personality): number {
  if (!(error instanceof NcxError)) return BUG;
  switch (error.code) {
    case "USAGE":
    case "ADDRESS":
      return exit.usage;
    case "UNSUPPORTED":
      // What the program itself can do and ncx cannot is no failure of its own: nobody must take it for one.
      return error.message.startsWith("Cannot use ") ? 2 : exit.usage;
    case "RESOLVE":
      return exit.resolve;
    case "IN_USE":
      return exit.bind;
    case "REFUSED":
    case "DENIED":
    case "LIMIT":
      // By the network, or by the file system or a privileged port?
      return /^Cannot (connect|reach|go on)/.test(error.message) ? 1 : exit.bind;
    default:
      return 1;
  }
}

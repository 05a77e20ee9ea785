/** What is wrong with a command line, as an error. */
import { NcxError } from "../core/errors.ts";

export function usage(message: string, hint: string): NcxError {
  return new NcxError("USAGE", message, { hint });
}

/** `Cannot <act>: <state>`. */
export function cannot(act: string, state: string, hint: string): NcxError {
  return usage(`Cannot ${act}: ${state}`, hint);
}

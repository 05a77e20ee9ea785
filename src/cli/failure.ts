/** A failure as the lines that people read. */
import { describe, NcxError } from "../core/errors.ts";
import type { Wording } from "./wording.ts";

/** The failure's one sentence, its hint, with -v its causes, and for a bug of ours the stack. */
export function failureLines(
  error: unknown,
  prefix: string,
  wording: Wording,
  verbose: number,
): string[] {
  if (!(error instanceof NcxError)) return [`${prefix}${bug(error)}`];
  const said = sentence(error, wording);
  if (said === undefined) return [];
  const lines = [`${prefix}${said}`];
  if (error.hint !== undefined) lines.push(`${prefix}hint: ${error.hint}`);
  if (verbose > 0) lines.push(...causes(error).map((cause) => `${prefix}cause: ${cause}`));
  return lines;
}

/** Undefined where this netcat keeps it to itself. */
function sentence(error: NcxError, wording: Wording): string | undefined {
  const { code, endpoint, state, tried, message } = error;
  const act = /^Cannot (\w+)/.exec(message)?.[1];
  if (code === "RESOLVE" && state !== undefined)
    return wording.unresolved(tried[0]?.address ?? "", state, endpoint);
  if (code === "RESET" && act === "go") return wording.reset();
  if (endpoint && state !== undefined && (act === "connect" || act === "reach"))
    return wording.refused(endpoint, state, tried);
  if (endpoint && state !== undefined && act === "listen")
    return wording.unbound(endpoint, state, error.holder);
  return message;
}

/** What lies behind it, other than the system's own word, which the sentence has. */
function causes(error: NcxError): string[] {
  const lines: string[] = [];
  for (let cause = error.cause; cause instanceof Error && lines.length < 5; cause = cause.cause) {
    if (describe(cause)[0] === "INTERNAL") lines.push(cause.message);
  }
  return lines;
}

function bug(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `this is a bug in ncx, please report it: ${stack}`;
}

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
  // Through a proxy the whole sentence is said: it names the proxy.
  if (/^Cannot \w+ .* through [a-z0-9]+:\/\//.test(message)) return message;
  const act = /^Cannot (\w+)/.exec(message)?.[1];
  if (code === "RESOLVE" && state !== undefined)
    return wording.unresolved(tried[0]?.address ?? "", state, endpoint);
  if (code === "RESET" && act === "go") return wording.reset();
  if (endpoint && state !== undefined && (act === "connect" || act === "reach"))
    return wording.refused(endpoint, state, tried);
  if (endpoint && state !== undefined && act === "accept")
    return wording.unaccepted(endpoint, state);
  if (endpoint && state !== undefined && act === "listen")
    return wording.unbound(endpoint, state, error.holder);
  return message;
}

/** What lies behind it, other than the system's own word, which the sentence has. */
function causes(error: NcxError): string[] {
  const lines: string[] = [];
  for (let cause = error.cause; cause instanceof Error && lines.length < 5; cause = cause.cause) {
    if (/^(INTERNAL|TLS)$/.test(describe(cause)[0])) lines.push(...wordsOf(cause));
  }
  return lines;
}

/** Of what OpenSSL says only the reason: the rest is addresses, and lines of its source. */
function wordsOf(cause: Error): string[] {
  const { reason } = cause as { reason?: unknown };
  const text = typeof reason === "string" ? reason : cause.message;
  return text.split("\n", 1);
}

function bug(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `this is a bug in ncx, please report it: ${stack}`;
}

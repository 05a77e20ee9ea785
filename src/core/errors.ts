/** The one error class of ncx, and the words for what the system reports. */
import type { Endpoint } from "./endpoint-kinds.ts";

export type NcxErrorCode =
  | "USAGE"
  | "ADDRESS"
  | "RESOLVE"
  | "REFUSED"
  | "UNREACHABLE"
  | "TIMEOUT"
  | "IN_USE"
  | "DENIED"
  | "RESET"
  | "TLS"
  | "PROXY"
  | "PROTOCOL"
  | "LIMIT"
  | "ABORTED"
  | "UNSUPPORTED"
  | "INTERNAL";

/** One address that a dial went through, and how it ended. */
export interface Attempt {
  /** The numeric address, or a unix path. */
  readonly address: string;
  /** What became of it, as the system words it: `Connection refused`. */
  readonly state: string;
}

export interface NcxErrorOptions {
  /** What the user can do about it, in a few words. */
  hint?: string;
  cause?: unknown;
  /** The place that the failed act was about. */
  endpoint?: Endpoint;
  /** The last part of the message alone, as the system words it: `Connection refused`. */
  state?: string;
  /** Every address that was tried, in order. */
  tried?: readonly Attempt[];
  /** Who has what was asked for: `node, pid 4242`. */
  holder?: string;
}

/** Every failure that ncx foresees. Match on `code`; the message is for people. */
export class NcxError extends Error {
  override readonly name = "NcxError";
  readonly code: NcxErrorCode;
  readonly hint: string | undefined;
  readonly endpoint: Endpoint | undefined;
  readonly state: string | undefined;
  readonly tried: readonly Attempt[];
  readonly holder: string | undefined;

  constructor(code: NcxErrorCode, message: string, options: NcxErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.endpoint = options.endpoint;
    this.state = options.state;
    this.tried = options.tried ?? [];
    this.holder = options.holder;
  }
}

const STATES: Record<string, readonly [NcxErrorCode, string]> = {
  ECONNREFUSED: ["REFUSED", "Connection refused"],
  ECONNRESET: ["RESET", "Connection reset by peer"],
  EPIPE: ["RESET", "Broken pipe"],
  ECONNABORTED: ["RESET", "Connection aborted"],
  ETIMEDOUT: ["TIMEOUT", "Connection timed out"],
  EHOSTUNREACH: ["UNREACHABLE", "No route to host"],
  ENETUNREACH: ["UNREACHABLE", "Network is unreachable"],
  EADDRNOTAVAIL: ["ADDRESS", "Cannot assign requested address"],
  EADDRINUSE: ["IN_USE", "Address already in use"],
  EACCES: ["DENIED", "Permission denied"],
  EPERM: ["DENIED", "Operation not permitted"],
  ENOENT: ["REFUSED", "No such file or directory"],
  ENXIO: ["REFUSED", "No such device or address"],
  ENOTDIR: ["ADDRESS", "Not a directory"],
  EISDIR: ["ADDRESS", "Is a directory"],
  EPROTOTYPE: ["REFUSED", "Protocol wrong type for socket"],
  ENOTSOCK: ["REFUSED", "Not a socket"],
  ENAMETOOLONG: ["ADDRESS", "File name too long"],
  EINVAL: ["ADDRESS", "Invalid argument"],
  EAFNOSUPPORT: ["UNSUPPORTED", "Address family not supported"],
  EMSGSIZE: ["LIMIT", "Message too long"],
  EMFILE: ["LIMIT", "Too many open files"],
  ENFILE: ["LIMIT", "Too many open files in system"],
  ENOBUFS: ["LIMIT", "No buffer space available"],
  ENOSPC: ["LIMIT", "No space left on device"],
  EDQUOT: ["LIMIT", "Disk quota exceeded"],
  EFBIG: ["LIMIT", "File too large"],
  EROFS: ["DENIED", "Read-only file system"],
  EIO: ["INTERNAL", "Input/output error"],
  ENOTFOUND: ["RESOLVE", "Name or service not known"],
  EAI_AGAIN: ["RESOLVE", "Temporary failure in name resolution"],
  EAI_FAIL: ["RESOLVE", "Non-recoverable failure in name resolution"],
  ENODATA: ["RESOLVE", "No address associated with hostname"],
};

/** Characters of the user's own text in a message. */
const QUOTED = 80;

/** Wraps what the system threw: `Cannot <act>: <state>`. An NcxError passes through unchanged. */
export function wrap(act: string, error: unknown, options: NcxErrorOptions = {}): NcxError {
  if (error instanceof NcxError) return error;
  const [code, state] = describe(error);
  return new NcxError(code, `Cannot ${act}: ${lowerFirst(state)}`, {
    cause: error,
    state,
    ...options,
  });
}

/** The code and the system's words for anything that was thrown. */
export function describe(error: unknown): readonly [NcxErrorCode, string] {
  if (error instanceof NcxError) return [error.code, error.state ?? error.message];
  if (isTimeout(error)) return ["TIMEOUT", "Operation timed out"];
  if (isAbort(error)) return ["ABORTED", "Operation aborted"];
  const errno = errnoOf(error);
  if (Object.hasOwn(STATES, errno) && STATES[errno]) return STATES[errno];
  const code = /^ERR_(SSL|TLS)_/.test(errno) ? "TLS" : "INTERNAL";
  return [code, error instanceof Error ? error.message : String(error)];
}

/** The system's name for an error, such as `ECONNRESET`; empty where there is none. */
export function errnoOf(error: unknown): string {
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}

/** Whether this error is a deadline's: `AbortSignal.timeout` arrives bare or as an AbortError's cause. */
export function isTimeout(error: unknown): boolean {
  return (
    nameOf(error) === "TimeoutError" ||
    (isAbort(error) && nameOf((error as Error).cause) === "TimeoutError")
  );
}

/** Whether this error is an aborted signal's. */
export function isAbort(error: unknown): boolean {
  return nameOf(error) === "AbortError";
}

/** What the user gave, for a message: in quotes, on one line, cut where it is long. */
export function quote(text: string): string {
  const start = text.length > QUOTED ? `${text.slice(0, QUOTED - 20)}…` : text;
  // oxlint-disable-next-line no-control-regex -- control characters are what must not reach a terminal
  return `"${start.replace(/[\u0000-\u001F\u007F-\u009F\u2028\u2029]/g, escape)}"`;
}

function escape(character: string): string {
  const known: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0" };
  return known[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

/** As it reads after a colon. */
export function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

/** curl's exit codes and sentences: what scripts around `curl` test for holds for `ncx http` too. */
import { errnoOf, NcxError, type NcxErrorCode, type NcxErrorOptions } from "../../core/errors.ts";
import { HttpError, type HttpFailure } from "../../http/index.ts";
import { hostOf, placeOf } from "./_http-place.ts";
import type { Meter } from "./_http-progress.ts";

/** A failure of the command itself, with its number. */
export class CurlError extends NcxError {
  readonly exit: number;

  constructor(exit: number, code: NcxErrorCode, message: string, options: NcxErrorOptions = {}) {
    super(code, message, options);
    this.exit = exit;
  }
}

const FAILURES: Readonly<Record<HttpFailure, number>> = {
  url: 3,
  head: 8,
  partial: 18,
  source: 26,
  redirects: 47,
  empty: 52,
  send: 55,
  receive: 56,
  chunk: 56,
  encoding: 61,
};

/** curl's number for a failure; undefined for what isn't curl's: usage, an abort, a bug. */
export function curlCode(error: unknown): number | undefined {
  if (error instanceof CurlError) return error.exit;
  if (!(error instanceof NcxError)) return undefined;
  switch (error.code) {
    case "USAGE":
    case "ABORTED":
    case "INTERNAL":
      return undefined;
    case "TIMEOUT":
      return 28;
    case "RESOLVE":
      return 6;
    case "TLS":
      return isCertificate(error) ? 60 : 35;
    case "UNSUPPORTED":
      return error instanceof HttpError && error.failure === "source" ? FAILURES.source : 1;
    default:
      break;
  }
  if (!(error instanceof HttpError)) return 7;
  return error.failure === "head" && error.code === "LIMIT"
    ? FAILURES.receive
    : FAILURES[error.failure];
}

export interface Progress extends Meter {
  /** Milliseconds since the start. */
  readonly elapsed: number;
}

/** curl's sentence, without the program's name. */
export function curlSentence(code: number, error: NcxError, progress: Progress): string {
  const state = error.state ?? error.message;
  const { elapsed, received, announced } = progress;
  const ms = Math.round(elapsed);
  switch (code) {
    case 6:
      return `Could not resolve host: ${hostOf(error.endpoint)}`;
    case 7:
      return `Failed to connect to ${placeOf(error.endpoint)}: ${state}`;
    case 18:
      return announced === undefined
        ? "transfer closed with outstanding read data remaining"
        : `transfer closed with ${announced - received} bytes remaining to read`;
    case 28:
      return error instanceof HttpError
        ? `Operation timed out after ${ms} milliseconds with ${received}${announced === undefined ? "" : ` out of ${announced}`} bytes received`
        : `Failed to connect to ${placeOf(error.endpoint)} after ${ms} ms: Timeout was reached`;
    case 35:
      return `TLS connect error: ${state}`;
    case 47:
      return state.slice(0, 1).toUpperCase() + state.slice(1);
    case 52:
      return "Empty reply from server";
    case 55:
      return `Send failure: ${state}`;
    case 56:
      return error instanceof HttpError && error.failure === "receive"
        ? `Recv failure: ${state}`
        : error.message;
    case 60:
      return `SSL certificate problem: ${state}`;
    default:
      return error.message;
  }
}

/** What OpenSSL and Node call a certificate that isn't trusted, isn't valid, or is for another name. */
function isCertificate(error: NcxError): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const errno = errnoOf(cause);
    if (/CERT|ISSUER|CRL|LEAF/.test(errno) && !errno.startsWith("ERR_SSL_")) return true;
  }
  return false;
}

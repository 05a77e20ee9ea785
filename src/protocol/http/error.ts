/** What can go wrong in one HTTP exchange, more finely than an error code tells. */
import { NcxError, wrap, type NcxErrorCode, type NcxErrorOptions } from "../../core/errors.ts";

export type HttpFailure =
  /** The URL cannot be read. */
  | "url"
  /** More redirects than allowed. */
  | "redirects"
  /** The head of a message breaks the grammar, contradicts itself or passes a bound. */
  | "head"
  /** The chunks or trailers of a body do. */
  | "chunk"
  /** The peer closed without a byte of answer. */
  | "empty"
  /** The peer closed before the message was complete; what had come was delivered. */
  | "partial"
  /** The connection broke while sending, or while receiving. */
  | "send"
  | "receive"
  /** The body to send could not be read, or isn't as long as announced. */
  | "source"
  /** The body cannot be decoded as its Content-Encoding says. */
  | "encoding";

/** An {@link NcxError} that also says which part of the exchange failed. */
export class HttpError extends NcxError {
  readonly failure: HttpFailure;

  constructor(
    failure: HttpFailure,
    code: NcxErrorCode,
    message: string,
    options?: NcxErrorOptions,
  ) {
    super(code, message, options);
    this.failure = failure;
  }
}

/** As `wrap` in core/errors.ts, with the part of the exchange that failed. */
export function wrapHttp(failure: HttpFailure, act: string, cause: unknown): HttpError {
  const { code, message, state } = wrap(act, cause);
  return new HttpError(failure, code, message, { cause, ...(state !== undefined && { state }) });
}

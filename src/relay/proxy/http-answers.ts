/** What a proxy answers by itself. */
import { describe, NcxError, type NcxErrorOptions } from "../../core/errors.ts";
import { encodeResponseHead } from "../../protocol/http/encode.ts";
import { HttpError } from "../../protocol/http/error.ts";
import type { HeaderList } from "../../protocol/http/headers.ts";

const REASONS = {
  200: "OK",
  400: "Bad Request",
  403: "Forbidden",
  405: "Method Not Allowed",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  414: "URI Too Long",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
} as const;

export type OwnStatus = keyof typeof REASONS;

/** A request that is answered with this status instead of being forwarded. */
export class Rejection extends NcxError {
  readonly status: OwnStatus;
  readonly headers: HeaderList;

  constructor(
    status: OwnStatus,
    state: string,
    options: NcxErrorOptions & { readonly headers?: HeaderList } = {},
  ) {
    const { headers = [], ...rest } = options;
    const code = status === 403 || status === 407 ? "DENIED" : "PROTOCOL";
    super(code, `Cannot serve the HTTP client: ${state}`, { state, ...rest });
    this.status = status;
    this.headers = headers;
  }
}

export interface OwnAnswer {
  readonly status: OwnStatus;
  readonly headers?: HeaderList;
  /** Said in the body. */
  readonly state?: string;
}

/** Whole, with an explanation in plain text. */
export function encodeAnswer(
  { status, headers = [], state }: OwnAnswer,
  { close, method }: { readonly close: boolean; readonly method: string | undefined },
): Buffer {
  const reason = REASONS[status];
  const text = state === undefined ? "" : `${status} ${reason}: ${state}\n`;
  const body = Buffer.from(text);
  const head = encodeResponseHead({
    status,
    statusText: reason,
    headers: [
      ...headers,
      ["Content-Length", String(body.length)],
      ...(text === "" ? [] : [["Content-Type", "text/plain; charset=utf-8"] as const]),
      ...(close ? [["Connection", "close"] as const] : []),
    ],
  });
  return method === "HEAD" ? head : Buffer.concat([head, body]);
}

/** How a failure is told to the client. */
export function answerTo(error: unknown): OwnAnswer {
  const [, state] = describe(error);
  if (error instanceof Rejection) return { status: error.status, headers: error.headers, state };
  return { status: statusOf(error), state };
}

/** Of a destination that cannot be reached, or gives no answer that can be passed on. */
function statusOf(error: unknown): OwnStatus {
  if (!(error instanceof NcxError)) return 500;
  // The body that the client sends is what broke.
  if (error instanceof HttpError && error.failure === "source") return 400;
  switch (error.code) {
    case "DENIED":
      return 403;
    case "TIMEOUT":
      return 504;
    case "LIMIT":
      return error instanceof HttpError ? 502 : 503;
    case "ADDRESS":
      return error.message.includes("port 0") ? 400 : 502;
    default:
      return 502;
  }
}

/** What can be waited for, and its text form: an endpoint, or a URL. */
import { formatEndpoint, parseEndpoint, parseHost, type Endpoint } from "../core/endpoint.ts";
import { checkEndpoint } from "../core/arguments.ts";
import { NcxError, quote } from "../core/errors.ts";
import { servicePort } from "../platform/services.ts";
import { takeCredentials } from "../protocol/http/url-credentials.ts";

export type WaitTarget =
  | { readonly kind: "place"; readonly endpoint: Endpoint }
  /** `url` has no credentials; they are in `authorization`. */
  | {
      readonly kind: "http";
      readonly endpoint: Endpoint;
      readonly url: URL;
      readonly authorization?: string;
    };

/** HTTP statuses from `first` to `last`, both included. */
export interface StatusRange {
  readonly first: number;
  readonly last: number;
}

const FORMS = "use host:port, :port, tls:host:port, udp:host:port, unix:/path or http://host/path";

/**
 * Reads a target; where it names no host, localhost is meant.
 *
 * @throws {NcxError} ADDRESS when it is none, or is of a kind that only listens or runs a program.
 */
export function parseTarget(target: string | Endpoint): WaitTarget {
  if (typeof target !== "string") {
    checkEndpoint(target);
    return placeOf(target, formatEndpoint(target));
  }
  if (/^https?:\/\//i.test(target)) return parseUrl(target);
  return placeOf(parseEndpoint(target, { host: "localhost", service: servicePort }), target);
}

/** The text form, without credentials. */
export function formatTarget(target: WaitTarget): string {
  return target.kind === "http" ? target.url.href : formatEndpoint(target.endpoint);
}

/**
 * Reads statuses: `200`, `2xx`, `200-299`, and lists of these.
 *
 * @throws {NcxError} USAGE when a part is none of these.
 */
export function parseStatus(text: string): StatusRange[] {
  return text.split(",").map((part) => {
    const match = /^([1-5])(\d\d|xx)(?:-([1-5]\d\d))?$/i.exec(part);
    const [, hundred, rest = "", last] = match ?? [];
    const isClass = /^xx$/i.test(rest);
    const first = Number(hundred) * 100 + (isClass ? 0 : Number(rest));
    const end = last === undefined ? (isClass ? first + 99 : first) : Number(last);
    if (match && first <= end && !(isClass && last !== undefined)) return { first, last: end };
    throw new NcxError("USAGE", `Cannot parse status ${quote(part)}: not a status`, {
      hint: "use 200, 2xx, 200-299 or a list 200,404",
    });
  });
}

function placeOf(endpoint: Endpoint, text: string): WaitTarget {
  const carrier = endpoint.kind === "tls" ? endpoint.over : endpoint;
  if (
    ["tcp", "udp", "unix", "memory"].includes(carrier.kind) &&
    !(endpoint !== carrier && carrier.kind === "udp")
  )
    return { kind: "place", endpoint };
  throw new NcxError(
    "ADDRESS",
    `Cannot wait for ${quote(text)}: ${endpoint.kind}: is nothing to wait for`,
    {
      hint: FORMS,
    },
  );
}

function parseUrl(text: string): WaitTarget {
  const url = readUrl(text);
  const authorization = takeCredentials(url);
  const secure = url.protocol === "https:";
  const host = parseHost(url.hostname);
  const carrier: Endpoint = { kind: "tcp", host, port: Number(url.port || (secure ? 443 : 80)) };
  const endpoint: Endpoint = secure ? { kind: "tls", over: carrier, servername: host } : carrier;
  return { kind: "http", endpoint, url, ...(authorization !== undefined && { authorization }) };
}

function readUrl(text: string): URL {
  try {
    return new URL(text.replace(/^(https?:\/\/)(?=[:/?#]|$)/i, "$1localhost"));
  } catch (cause) {
    // It may hold a password: only what follows the last @ is shown.
    const shown = quote(text.replace(/\/\/.*@/s, "//"));
    throw new NcxError("ADDRESS", `Cannot parse URL ${shown}: it is not a URL`, {
      cause,
      hint: FORMS,
    });
  }
}

/** From what people write for a URL to where it is dialled. */
import { parseHost, type Endpoint } from "../core/endpoint.ts";
import { NcxError, quote } from "../core/errors.ts";
import { HttpError } from "../protocol/http/error.ts";
import { takeCredentials } from "../protocol/http/url-credentials.ts";

export interface Place {
  /** Without credentials and fragment. */
  readonly url: URL;
  /** The value of an Authorization header, from credentials in the URL. */
  readonly authorization: string | undefined;
}

/**
 * Reads a URL: without a scheme it is http://, and `:3000/x` is http://localhost:3000/x.
 *
 * @throws {HttpError} ADDRESS when it cannot be read, UNSUPPORTED for another scheme; `failure` is "url".
 */
export function parseUrl(text: string, base?: URL): Place {
  const url = readUrl(base || /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : completed(text), base);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw bad("UNSUPPORTED", url, `the scheme ${url.protocol.slice(0, -1)} is not http or https`);
  }
  const authorization = takeCredentials(url);
  checkHost(url);
  return { url, authorization };
}

/** Where a URL's server is. */
export function endpointOf(url: URL, unixSocket: string | undefined): Endpoint {
  const host = hostOf(url);
  const secure = url.protocol === "https:";
  const carrier: Endpoint =
    unixSocket === undefined
      ? { kind: "tcp", host, port: Number(url.port || (secure ? 443 : 80)) }
      : { kind: "unix", path: unixSocket };
  return secure ? { kind: "tls", over: carrier, servername: host } : carrier;
}

function completed(text: string): string {
  return /^:(?!:)/.test(text)
    ? `http://localhost${text.replace(/^:(?!\d)/, "")}`
    : `http://${text}`;
}

function readUrl(text: string, base: URL | undefined): URL {
  try {
    return new URL(text, base);
  } catch (cause) {
    const state = whyNot(text);
    // It may hold a password, with any character: only what follows the last @ is shown.
    const shown = quote(text.replace(/\/\/.*@/s, "//"));
    const hint = "use http://host:port/path";
    throw new HttpError("url", "ADDRESS", `Cannot parse URL ${shown}: ${state}`, {
      cause,
      state,
      hint,
    });
  }
}

function whyNot(text: string): string {
  const port = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?(?:\[[^\]]*\]|[^:/?#]+):([^/?#]*)/i.exec(
    text,
  )?.[1];
  const bad = port !== undefined && (!/^\d*$/.test(port) || Number(port) > 65535);
  return bad ? "the port must be 0-65535" : "it is not a URL";
}

function checkHost(url: URL): void {
  try {
    parseHost(url.hostname);
  } catch (cause) {
    throw bad("ADDRESS", url, cause instanceof NcxError ? cause.message : "the host is bad", cause);
  }
}

function bad(code: "ADDRESS" | "UNSUPPORTED", url: URL, state: string, cause?: unknown): HttpError {
  const shown = quote(`${url.protocol}//${url.host}`);
  return new HttpError("url", code, `Cannot request ${shown}: ${state}`, { cause, state });
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

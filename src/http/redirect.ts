/** Where a redirect leads, and what of the request goes there. RFC 9110 §15.4, with curl's habits. */
import { HttpError } from "../protocol/http/error.ts";
import type { Hop } from "./hop.ts";
import { parseUrl } from "./url.ts";

/** Meant for the first server alone. */
const SECRET = ["authorization", "cookie", "proxy-authorization", "host"];
const DESCRIBES_BODY = /^(content-.*|transfer-encoding)$/i;

/**
 * The next request.
 *
 * @throws {HttpError} `source` when the body is needed again and cannot be sent twice; `url` for a bad location.
 */
export function redirect(hop: Hop, status: number, location: string): Hop {
  // The location came as octets; what isn't ASCII in it is meant as UTF-8.
  const place = parseUrl(Buffer.from(location, "latin1").toString(), hop.url);
  const method = nextMethod(hop.method, status);
  const keepsBody = hop.body !== undefined && method === hop.method;
  if (keepsBody && !hop.body?.again) {
    const state = `the ${status} redirect asks for the body again, and a stream is sent only once`;
    throw new HttpError("source", "UNSUPPORTED", `Cannot go on to ${place.url.origin}: ${state}`, {
      state,
    });
  }
  const sameOrigin = place.url.origin === hop.url.origin;
  const own = hop.own.filter(
    ([name]) =>
      (sameOrigin || !SECRET.includes(name.toLowerCase())) &&
      (keepsBody || !DESCRIBES_BODY.test(name)),
  );
  return {
    url: place.url,
    method,
    own,
    body: keepsBody ? hop.body : undefined,
    authorization: place.authorization ?? (sameOrigin ? hop.authorization : undefined),
  };
}

export function tooMany(limit: number): HttpError {
  const state = `maximum of ${limit} redirects followed`;
  return new HttpError("redirects", "LIMIT", `Cannot follow the redirect: ${state}`, { state });
}

// 301 and 302: as browsers and curl do, POST becomes GET. 303: everything does, HEAD apart. 307 and 308: nothing does.
function nextMethod(method: string, status: number): string {
  if (status === 303) return method === "HEAD" ? method : "GET";
  if (status === 301 || status === 302) return method === "POST" ? "GET" : method;
  return method;
}

/** Heads as a proxy passes them on. RFC 9110 §7.6; RFC 9112 §3.2.2. */
import type { BodyFraming, RequestHead, ResponseHead } from "../../protocol/http/framing.ts";
import { headerOf, membersOf, type HeaderList } from "../../protocol/http/headers.ts";
import type { PlainTarget } from "./http-target.ts";

/** RFC 9110 §7.6.1, and what was in use before it: for the next hop only, whether Connection names them or not. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Who we are in Via. */
const PSEUDONYM = "ncx";

/** The request for the origin server. The body's framing is written anew, whatever Connection says of it. */
export function forwardRequestHead(
  head: RequestHead,
  { authority, path }: PlainTarget,
  framing: BodyFraming,
): RequestHead {
  const headers = endToEnd(head.headers, ["host", "content-length", "max-forwards"]);
  const hops = headerOf(head.headers, "max-forwards");
  return {
    method: head.method,
    target: path,
    headers: [
      ["Host", authority],
      ...headers,
      // RFC 9110 §7.6.2: counted down for OPTIONS, and not looked at otherwise.
      ...(hops === undefined ? [] : [["Max-Forwards", countDown(head.method, hops)] as const]),
      ...framingFields(framing, headerOf(head.headers, "content-length") !== undefined),
      via(head),
    ],
  };
}

function countDown(method: string, hops: string): string {
  return method === "OPTIONS" && /^[1-9]\d{0,8}$/.test(hops) ? String(Number(hops) - 1) : hops;
}

function framingFields(framing: BodyFraming, announced: boolean): HeaderList {
  if (framing.kind === "chunked") return [["Transfer-Encoding", "chunked"]];
  if (framing.kind !== "length" || (framing.bytes === 0 && !announced)) return [];
  return [["Content-Length", String(framing.bytes)]];
}

export interface ResponsePlan {
  readonly head: ResponseHead;
  /** How the body goes to the client. `length` 0: there is none. */
  readonly framing: BodyFraming;
  /** Whether the client may send another request. */
  readonly goesOn: boolean;
}

/** The response for the client. `persists`: whether the client would send another request. */
export function forwardResponseHead(
  head: ResponseHead,
  framing: BodyFraming,
  request: RequestHead,
  persists: boolean,
): ResponsePlan {
  const out = outgoing(framing, request);
  const goesOn = persists && out.kind !== "close";
  const length = headerOf(head.headers, "content-length");
  const { status, statusText } = head;
  // RFC 9110 §8.6: there may be a length without a body, for HEAD and 304, but none in 204.
  const told = length !== undefined && status !== 204 && framing.kind === "length";
  return {
    goesOn,
    framing: out,
    head: {
      status,
      statusText,
      headers: [
        ...endToEnd(head.headers, ["content-length"]),
        ...(told ? [["Content-Length", length] as const] : []),
        ...(out.kind === "chunked" ? [["Transfer-Encoding", "chunked"] as const] : []),
        via(head),
        ...connectionField(goesOn, request),
      ],
    },
  };
}

/** An interim response. */
export function forwardInformation(head: ResponseHead): ResponseHead {
  const { status, statusText, headers } = head;
  return { status, statusText, headers: [...endToEnd(headers, ["content-length"]), via(head)] };
}

/** What has no length goes in chunks to those who know them (RFC 9112 §7.1), and lasts until the close to others. */
function outgoing(framing: BodyFraming, { minor }: RequestHead): BodyFraming {
  if (framing.kind === "length") return framing;
  return { kind: minor === 0 ? "close" : "chunked" };
}

function connectionField(stays: boolean, { minor }: RequestHead): HeaderList {
  if (!stays) return [["Connection", "close"]];
  return minor === 0 ? [["Connection", "keep-alive"]] : [];
}

function endToEnd(headers: HeaderList, without: readonly string[]): HeaderList {
  const named = new Set([...membersOf(headers, "connection"), ...without]);
  return headers.filter(([name]) => {
    const lower = name.toLowerCase();
    return !HOP_BY_HOP.has(lower) && !named.has(lower);
  });
}

function via({ minor = 1 }: { readonly minor?: number }): readonly [string, string] {
  return ["Via", `1.${minor} ${PSEUDONYM}`];
}

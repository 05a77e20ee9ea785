/** An HTTP client of a proxy: request after request, until it ends or asks for a tunnel. */
import { NcxError, wrap } from "../../core/errors.ts";
import { formatEndpoint } from "../../core/endpoint.ts";
import { persists, type RequestHead } from "../../protocol/http/framing.ts";
import { headerOf, trimSpace } from "../../protocol/http/headers.ts";
import { handshakeEnd, sayFarewell, untilTaken, type Client } from "./client.ts";
import { answerTo, encodeAnswer, Rejection, type OwnAnswer } from "./http-answers.ts";
import { Forwarder } from "./http-forward.ts";
import { Requests, type Incoming } from "./http-requests.ts";
import { parseAbsolute, parseAuthority } from "./http-target.ts";
import { reachFor, tunnel } from "./tunnel.ts";

/** RFC 9110 §9, RFC 5789, RFC 10008, and WebDAV's. TRACE, which shows a request to whoever asks, is left out. */
const METHODS =
  "CONNECT GET HEAD POST PUT DELETE OPTIONS PATCH QUERY PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT SEARCH";
const KNOWN: ReadonlySet<string> = new Set(METHODS.split(" "));
const ALLOW = ["Allow", METHODS.replaceAll(" ", ", ")] as const;

/** What becomes of the connection after a request. */
type Next = "next request" | "close" | "over";

/** @throws {NcxError} what broke the connection, after the client was told. */
export async function serveHttp(client: Client): Promise<void> {
  const requests = new Requests(client.intake);
  await using forwarder = new Forwarder(client, requests);
  let next: Next = "next request";
  for (let count = 0; next === "next request"; count += 1)
    next = await serveOne(client, requests, forwarder, count === 0);
  if (next === "close") await sayFarewell(client);
}

async function serveOne(
  client: Client,
  requests: Requests,
  forwarder: Forwarder,
  first: boolean,
): Promise<Next> {
  let request: Incoming | undefined;
  try {
    request = await requests.next(handshakeEnd(client));
    if (!request) return "close";
    return await serveRequest(client, request, forwarder, requests);
  } catch (error) {
    if (forwarder.answering || client.intake.gone.aborted) throw error;
    // Between two requests a client may go, or be sent away, without a word.
    if (!request && !first && !requests.begun) return "over";
    return answerFailure(client, request?.head, requests, error);
  }
}

async function serveRequest(
  client: Client,
  request: Incoming,
  forwarder: Forwarder,
  requests: Requests,
): Promise<Next> {
  const { head } = request;
  const challenges = challengeFor(client, head);
  if (challenges) throw challenges;
  checkRequest(head);
  if (head.method === "CONNECT") {
    if (!requests.bodyOver) throw new Rejection(400, "CONNECT has no body");
    await connect(client, head);
    return "over";
  }
  const target = parseAbsolute(head.method, head.target);
  // RFC 9110 §7.6.2: we are the one who is asked.
  if (head.method === "OPTIONS" && headerOf(head.headers, "max-forwards") === "0")
    return answer(client, head, requests, { status: 200, headers: [ALLOW] });
  return (await forwarder.forward(request, target)) ? "next request" : "close";
}

function challengeFor(
  { guard }: Client,
  { method, target, headers }: RequestHead,
): Rejection | undefined {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "");
  const credentials = headerOf(headers, "proxy-authorization");
  const challenges = guard?.challenge({ method, target, path, credentials });
  if (!challenges) return undefined;
  const state =
    credentials === undefined ? "credentials are asked for" : "the credentials are wrong";
  return new Rejection(407, state, { headers: challenges });
}

/** @throws {Rejection} */
function checkRequest({ method, minor, headers }: RequestHead): void {
  if (!KNOWN.has(method)) throw new Rejection(405, "the method is unknown", { headers: [ALLOW] });
  // RFC 9112 §3.2: one Host, and in HTTP/1.1 no fewer. For CONNECT many clients leave it out.
  const hosts = headers.filter(([name]) => name.toLowerCase() === "host").length;
  if (hosts > 1) throw new Rejection(400, "Host is there twice");
  if (hosts === 0 && minor !== 0 && method !== "CONNECT")
    throw new Rejection(400, "Host is missing");
  const codings = headerOf(headers, "transfer-encoding");
  if (codings !== undefined && trimSpace(codings).toLowerCase() !== "chunked")
    throw new Rejection(501, "a Transfer-Encoding other than chunked");
}

/** RFC 9110 §9.3.6. */
async function connect(client: Client, { target }: RequestHead): Promise<void> {
  const to = parseAuthority(target);
  const far = await reachFor(client, to);
  client.connection.stream.write("HTTP/1.1 200 Connection established\r\n\r\n");
  await tunnel(client, far, to);
}

function answerFailure(
  client: Client,
  head: RequestHead | undefined,
  requests: Requests,
  error: unknown,
): Promise<Next> {
  const { connection, options } = client;
  const late = !head && error instanceof NcxError && error.code === "TIMEOUT";
  const own: OwnAnswer = late ? { status: 408, state: "no request came" } : answerTo(error);
  // A first request without credentials is how clients learn what is asked for.
  const asks = own.status === 407 && head && !hasCredentials(head);
  if (!asks)
    options.onError?.(wrap(`serve ${formatEndpoint(connection.remote)}`, error), connection);
  return answer(client, head, requests, own);
}

async function answer(
  client: Client,
  head: RequestHead | undefined,
  requests: Requests,
  own: OwnAnswer,
): Promise<Next> {
  const goesOn = head !== undefined && requests.bodyOver && persists(head);
  client.connection.stream.write(encodeAnswer(own, { close: !goesOn, method: head?.method }));
  await untilTaken(client);
  return goesOn ? "next request" : "close";
}

function hasCredentials({ headers }: RequestHead): boolean {
  return headerOf(headers, "proxy-authorization") !== undefined;
}

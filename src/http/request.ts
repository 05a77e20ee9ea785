/** One request, and the redirects that it leads to. */
import type { Readable } from "node:stream";
import { checkOptions } from "../core/arguments.ts";
import { exchange, type IncomingReply } from "../protocol/http/exchange.ts";
import { HttpError } from "../protocol/http/error.ts";
import { headerOf, membersOf } from "../protocol/http/headers.ts";
import type { Connection } from "../stream/connection.ts";
import { dialSignal } from "../transport/deadline.ts";
import { dial } from "../transport/index.ts";
import { prepareBody } from "./body.ts";
import { listHeaders, requestHeaders, sets } from "./headers.ts";
import type { Hop } from "./hop.ts";
import { MAX_BODY, MAX_REDIRECTS, type RequestOptions } from "./options.ts";
import { Reply, type Timings } from "./reply.ts";
import { endpointOf, parseUrl } from "./url.ts";

/** The body of a redirect is read, so that the connection can be used again, up to this many bytes. */
const MAX_SKIPPED = 64 * 1024;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Sends a request; resolves when the head of the reply is there. Redirects are followed only with `follow`.
 *
 * @throws {HttpError} what can go wrong in the exchange; `failure` says in which part.
 * @throws {NcxError} RESOLVE, REFUSED, UNREACHABLE, TIMEOUT, TLS, ABORTED or ADDRESS from dialling; USAGE for a method
 * or header that cannot be written.
 * @example
 * await using reply = await request("http://127.0.0.1:8080/", { timeout: 5000 });
 * console.log(reply.status, await reply.text());
 */
export async function request(url: string, options: RequestOptions = {}): Promise<Reply> {
  checkOptions(options);
  const { follow = false, maxRedirects = MAX_REDIRECTS, observer } = options;
  const started = performance.now();
  const signal = dialSignal(options);
  let hop = await firstHop(url, options);
  let line: Line | undefined;
  for (let redirects = 0; ; redirects += 1) {
    line = await send(hop, line, options, signal);
    observer?.onResponse?.(hop.url.href, line.incoming.head);
    const location = follow ? locationOf(line.incoming) : undefined;
    if (location === undefined) return makeReply(hop, line, redirects, started, options);
    hop = await nextHop(hop, line, location, redirects, maxRedirects);
    observer?.onRedirect?.(hop.url.href);
  }
}

async function firstHop(text: string, options: RequestOptions): Promise<Hop> {
  const { url, authorization } = parseUrl(text);
  const body = await prepareBody(options.body);
  const method = options.method ?? (body ? "POST" : "GET");
  return { url, method, own: listHeaders(options.headers), body, authorization };
}

async function nextHop(
  hop: Hop,
  line: Line,
  location: string,
  followed: number,
  most: number,
): Promise<Hop> {
  const { redirect, tooMany } = await import("./redirect.ts");
  try {
    if (followed >= most) throw tooMany(most);
    return redirect(hop, line.incoming.head.status, location);
  } catch (error) {
    await line.connection[Symbol.asyncDispose]();
    throw error;
  }
}

function locationOf({ head }: IncomingReply): string | undefined {
  return REDIRECTS.includes(head.status) ? headerOf(head.headers, "location") : undefined;
}

/** A connection with an exchange on it. */
interface Line {
  readonly connection: Connection;
  readonly origin: string;
  /** When the connection was there. */
  readonly connected: number;
  readonly incoming: IncomingReply;
}

async function send(
  hop: Hop,
  last: Line | undefined,
  options: RequestOptions,
  signal: AbortSignal | undefined,
): Promise<Line> {
  const { observer } = options;
  if (last && (await isFree(last, hop))) {
    observer?.onConnect?.(last.connection, true);
    try {
      return { ...last, incoming: await exchangeOn(last.connection, hop, options, signal) };
    } catch (error) {
      if (!isStale(error, hop)) throw error;
    }
  }
  const connection = await open(hop, options, signal);
  const line = { connection, origin: hop.url.origin, connected: performance.now() };
  observer?.onConnect?.(connection, false);
  return { ...line, incoming: await exchangeOn(connection, hop, options, signal) };
}

/** Whether the last connection leads to the same origin, and is open for another request once its body is read. */
async function isFree({ connection, origin, incoming }: Line, hop: Hop): Promise<boolean> {
  if (origin !== hop.url.origin) {
    await connection[Symbol.asyncDispose]();
    return false;
  }
  let skipped = 0;
  const skip = incoming.consume((chunk) => {
    skipped += chunk.length;
    if (skipped > MAX_SKIPPED) connection.stream.destroy();
  });
  // Nobody wants this body: that it broke only means that the connection is spent.
  await skip.catch(() => {});
  const reusable = await incoming.reusable;
  if (!reusable) await connection[Symbol.asyncDispose]();
  return reusable;
}

// RFC 9112 §9.3.1: a server may close an idle connection at any time; what is safe to send twice is sent again.
function isStale(error: unknown, { method, body }: Hop): boolean {
  const repeatable =
    ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"].includes(method) && body?.again !== false;
  return (
    repeatable &&
    error instanceof HttpError &&
    (error.failure === "empty" || error.code === "RESET")
  );
}

async function open(
  hop: Hop,
  options: RequestOptions,
  signal: AbortSignal | undefined,
): Promise<Connection> {
  const { connectTimeout, family, tls } = options;
  const dialled = await dial(endpointOf(hop.url, options.unixSocket), {
    ...(signal && { signal }),
    ...(connectTimeout !== undefined && { timeout: connectTimeout }),
    ...(family && { family }),
    ...(tls && { tls }),
  });
  const connection = options.bulk ? await enlarged(dialled) : dialled;
  // An exchange reports what breaks in it; between two of them nobody is there to be told.
  connection.stream.on("error", () => {});
  return connection;
}

async function enlarged(connection: Connection): Promise<Connection> {
  const { withLargeReads } = await import("../transport/large-reads.ts");
  return withLargeReads(connection);
}

async function exchangeOn(
  connection: Connection,
  hop: Hop,
  options: RequestOptions,
  signal: AbortSignal | undefined,
): Promise<IncomingReply> {
  const { url, method } = hop;
  const { bulk: transient = false, limits, observer } = options;
  const onLine = observer?.onLine?.bind(observer);
  const headers = requestHeaders({ ...hop, host: url.host });
  let body: Uint8Array | Readable | undefined;
  try {
    body = await hop.body?.open();
    const outgoing = { method, target: url.pathname + url.search, headers, body };
    return await exchange(connection.stream, outgoing, {
      transient,
      ...(signal && { signal }),
      ...(limits && { limits }),
      ...(onLine && { onLine }),
    });
  } catch (error) {
    if (body && "destroy" in body) body.destroy();
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}

async function makeReply(
  hop: Hop,
  { connection, connected, incoming }: Line,
  redirects: number,
  started: number,
  { observer, maxBody = MAX_BODY }: RequestOptions,
): Promise<Reply> {
  const timings: Timings = { connected: connected - started, replied: performance.now() - started };
  void incoming.reusable.then((reusable) => {
    timings.ended = performance.now() - started;
    observer?.onEnd?.(reusable);
    void connection[Symbol.asyncDispose]();
  });
  const decode = await decoding(hop, incoming).catch(async (error: unknown) => {
    await connection[Symbol.asyncDispose]();
    throw error;
  });
  return new Reply({
    incoming,
    connection,
    url: hop.url.href,
    redirects,
    timings,
    maxBody,
    decode,
  });
}

/** An Accept-Encoding of the caller's own means that the body is wanted as it comes. */
async function decoding(
  hop: Hop,
  { head }: IncomingReply,
): Promise<((body: Readable) => Readable) | undefined> {
  const encodings = membersOf(head.headers, "content-encoding");
  if (encodings.length === 0 || sets(hop.own, "accept-encoding") || sets(hop.own, "range"))
    return undefined;
  const { decoderOf } = await import("./decode.ts");
  return decoderOf(encodings);
}

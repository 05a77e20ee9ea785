/** Plain HTTP requests: each is sent to its own destination, and its response passed on. */
import { formatHostPort } from "../../core/endpoint.ts";
import type { Connection } from "../../stream/connection.ts";
import { resetStream } from "../../stream/stream-mover.ts";
import { encodeResponseHead } from "../../protocol/http/encode.ts";
import { HttpError } from "../../protocol/http/error.ts";
import { exchange, type IncomingReply } from "../../protocol/http/exchange.ts";
import {
  persists,
  responseFraming,
  type BodyFraming,
  type RequestHead,
  type ResponseHead,
} from "../../protocol/http/framing.ts";
import { headerOf, trimSpace } from "../../protocol/http/headers.ts";
import { sendMessage } from "../../protocol/http/send-body.ts";
import { Readable } from "node:stream";
import { HANDSHAKE_TIMEOUT } from "./options.ts";
import type { Client } from "./client.ts";
import { Rejection } from "./http-answers.ts";
import { forwardInformation, forwardRequestHead, forwardResponseHead } from "./http-heads.ts";
import type { Incoming, Requests } from "./http-requests.ts";
import type { PlainTarget } from "./http-target.ts";
import { Watchdog } from "./watchdog.ts";

/** RFC 9110 §9.2.2: without a body these may be sent again, where a connection that was kept turns out to be dead. */
const REPEATABLE = new Set(["GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT", "SEARCH", "QUERY"]);
/** Interim (1xx) responses before the real one: they are passed on without a look at whether the client reads. */
const MOST_INTERIM = 8;

/** Forwards the requests of one client. It keeps the last connection that can be used again. */
export class Forwarder implements AsyncDisposable {
  readonly #client: Client;
  readonly #requests: Requests;
  #kept: { readonly place: string; readonly far: Connection } | undefined;
  #answering = false;

  constructor(client: Client, requests: Requests) {
    this.#client = client;
    this.#requests = requests;
  }

  /** Whether a response has begun that cannot be replaced by another one. */
  get answering(): boolean {
    return this.#answering;
  }

  /**
   * Passes one request on, and its response back. Whether the client's connection can serve another.
   *
   * @throws {NcxError} as dialling and `exchange` do. Once `answering`, the client's connection is broken off.
   */
  async forward(request: Incoming, target: PlainTarget): Promise<boolean> {
    const started = performance.now();
    const { connection, options, intake, signal } = this.#client;
    const dog = new Watchdog(connection.stream, options.idle, HANDSHAKE_TIMEOUT);
    const body = bodyOf(request, this.#requests, dog);
    const either = AbortSignal.any([signal, intake.gone, dog.signal]);
    try {
      const sent = await this.#send(request, target, body.stream, dog, either);
      const goesOn = await this.#passBack(sent, request.head, dog);
      options.onRequest?.(connection, {
        method: request.head.method,
        url: `http://${target.authority}${target.path.split("?", 1)[0]}`,
        status: sent.reply.head.status,
        sent: sent.reply.received,
        received: body.bytes(),
        duration: performance.now() - started,
      });
      return goesOn;
    } catch (error) {
      if (this.#answering) resetStream(connection.stream);
      throw error;
    } finally {
      dog.stop();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kept?.far[Symbol.asyncDispose]();
  }

  /** Sends a request over the connection that was kept, if it goes there and may be repeated; else over a new one. */
  async #send(
    { head, framing }: Incoming,
    target: PlainTarget,
    body: Readable | undefined,
    dog: Watchdog,
    signal: AbortSignal,
  ): Promise<Sent> {
    const outgoing = { ...forwardRequestHead(head, target, framing), ...(body && { body }) };
    const options = { signal, onInformation: this.#tell(head) };
    const place = formatHostPort(target.to.host.toLowerCase(), target.to.port);
    const kept = await this.#takeKept(place, !body && REPEATABLE.has(head.method));
    dog.wake();
    if (kept) {
      try {
        return { place, far: kept, reply: await exchange(kept.stream, outgoing, options) };
      } catch (error) {
        await kept[Symbol.asyncDispose]();
        if (signal.aborted || !isDead(error)) throw error;
      }
    }
    const far = await this.#client.reach(target.to, signal);
    dog.wake();
    try {
      return { place, far, reply: await exchange(far.stream, outgoing, options) };
    } catch (error) {
      await far[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #takeKept(place: string, usable: boolean): Promise<Connection | undefined> {
    const kept = this.#kept;
    this.#kept = undefined;
    // What came unasked would be taken for the next answer.
    const clean = kept && !kept.far.stream.destroyed && kept.far.stream.readableLength === 0;
    if (usable && clean && kept.place === place) return kept.far;
    await kept?.far[Symbol.asyncDispose]();
    return undefined;
  }

  /** Passes interim responses on, such as 100 (Continue); HTTP/1.0 knows none. @throws {Rejection} 502 for too many. */
  #tell({ minor }: RequestHead): (head: ResponseHead) => void {
    let interim = 0;
    return (head) => {
      interim += 1;
      if (interim > MOST_INTERIM)
        throw new Rejection(502, "the server only sends interim responses");
      if (minor !== 0)
        this.#client.connection.stream.write(encodeResponseHead(forwardInformation(head)));
    };
  }

  async #passBack(
    { place, far, reply }: Sent,
    request: RequestHead,
    dog: Watchdog,
  ): Promise<boolean> {
    let reusable = false;
    try {
      const framing = checkReply(reply.head, request);
      const { stream } = this.#client.connection;
      const plan = forwardResponseHead(reply.head, framing, request, persists(request));
      const empty = plan.framing.kind === "length" && plan.framing.bytes === 0;
      const bytes = encodeResponseHead(plan.head);
      const body = empty ? undefined : Readable.from(watched(reply.body, dog));
      this.#answering = true;
      await sendMessage(stream, bytes, plan.framing, body);
      this.#answering = false;
      reusable = await reply.reusable;
      return plan.goesOn && this.#requests.bodyOver;
    } finally {
      if (reusable) this.#kept = { place, far };
      else await far[Symbol.asyncDispose]();
    }
  }
}

interface Sent {
  /** Of the server, as a key. */
  readonly place: string;
  readonly far: Connection;
  readonly reply: IncomingReply;
}

/** @throws {Rejection} 502 for what cannot be passed on. */
function checkReply(head: ResponseHead, { method }: RequestHead): BodyFraming {
  const framing = responseFraming(head, method);
  if (framing.kind === "tunnel")
    throw new Rejection(502, "the server changes the protocol unasked");
  const codings = headerOf(head.headers, "transfer-encoding");
  if (codings !== undefined && trimSpace(codings).toLowerCase() !== "chunked")
    throw new Rejection(502, "the response has a Transfer-Encoding other than chunked");
  return framing;
}

/** Whether a kept connection had been closed by the server before the request came there. */
function isDead(error: unknown): boolean {
  return error instanceof HttpError && ["send", "receive", "empty"].includes(error.failure);
}

async function* watched(body: AsyncIterable<Buffer>, dog: Watchdog): AsyncGenerator<Buffer> {
  for await (const chunk of body) {
    dog.wake();
    yield chunk;
  }
}

interface CountedBody {
  readonly stream: Readable | undefined;
  bytes(): number;
}

function bodyOf({ framing }: Incoming, requests: Requests, dog: Watchdog): CountedBody {
  let bytes = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of requests.body()) {
      dog.wake();
      bytes += chunk.length;
      yield chunk;
    }
  }
  const empty = framing.kind === "length" && framing.bytes === 0;
  return { stream: empty ? undefined : Readable.from(counted()), bytes: () => bytes };
}

/**
 * One request and its response over any Duplex. The response is read while the request's body still goes out.
 *
 *   request.body ──▶ chunks, or as it is ──▶ stream ──▶ decoder ──▶ reply.body or reply.consume
 */
import { Readable, type Duplex } from "node:stream";
import { onAbort } from "../../core/abort.ts";
import { describe, lowerFirst } from "../../core/errors.ts";
import { responseDecoder, type HttpDecoder, type HttpItem, type HttpLimits } from "./codec.ts";
import { encodeRequestHead } from "./encode.ts";
import { HttpError, type HttpFailure } from "./error.ts";
import {
  persists,
  requestFraming,
  type BodyFraming,
  type RequestHead,
  type ResponseHead,
} from "./framing.ts";
import type { HeaderList } from "./headers.ts";
import { checkBody, sendMessage, type Body } from "./send-body.ts";

export interface OutgoingRequest extends RequestHead {
  /** The headers must already tell its length: Content-Length, or Transfer-Encoding: chunked. */
  readonly body?: Body;
}

export interface ExchangeOptions {
  /** Ends the exchange at any time, that of the body included. */
  signal?: AbortSignal;
  limits?: Partial<HttpLimits>;
  /** The stream's chunks are valid only during their event: what `body` holds longer is copied. @default {false} */
  transient?: boolean;
  /** Each interim (1xx) response. */
  onInformation?: (head: ResponseHead) => void;
  /** Each line of heads and trailers with its end, as it was sent and as it came. Valid only during the call. */
  onLine?: (direction: "sent" | "received", line: Buffer) => void;
}

/** A response whose head has come. Its body is to be taken once: by `body`, or by `consume`. */
export interface IncomingReply {
  readonly head: ResponseHead;
  /** The body without its framing. Where the message is cut it fails, after all that had come was read. */
  readonly body: Readable;
  /** Hands each chunk over as it arrives, with no queue between. A chunk is valid only during the call. */
  consume(sink: (chunk: Buffer) => void): Promise<void>;
  /** Empty until the body has ended. */
  readonly trailers: HeaderList;
  /** Bytes of the body so far. */
  readonly received: number;
  /** Whether the stream can carry another exchange once this one is over. If not, it is destroyed. Never rejects. */
  readonly reusable: Promise<boolean>;
}

/**
 * Sends a request and waits for the head of its response; interim (1xx) responses are passed over.
 * Until `reusable` has settled nobody else may use the stream, which is destroyed after a failure.
 *
 * @throws {HttpError} PROTOCOL, LIMIT, UNSUPPORTED, RESET, TIMEOUT or ABORTED; `failure` says in which part.
 * @throws {NcxError} USAGE when the request cannot be written down.
 */
export async function exchange(
  stream: Duplex,
  request: OutgoingRequest,
  options: ExchangeOptions = {},
): Promise<IncomingReply> {
  const head = encodeRequestHead(request);
  const framing = requestFraming(request);
  checkBody(framing, request.body);
  const { onLine } = options;
  if (onLine) for (const line of linesOf(head)) onLine("sent", line);
  return new Promise((resolve, reject) => {
    new Exchange(stream, request, options, { resolve, reject }).start(head, framing);
  });
}

/** Whoever takes the body. */
interface Taker {
  /** Whether it takes more at once. */
  data(chunk: Buffer): boolean;
  end(): void;
  fail(error: unknown): void;
}

interface Waiting {
  resolve(reply: IncomingReply): void;
  reject(error: unknown): void;
}

class Exchange implements IncomingReply {
  readonly reusable: Promise<boolean>;
  head: ResponseHead = { status: 0, statusText: "", headers: [] };
  trailers: HeaderList = [];
  received = 0;
  readonly #stream: Duplex;
  readonly #request: OutgoingRequest;
  readonly #signal: AbortSignal | undefined;
  readonly #transient: boolean;
  readonly #onInformation: ((head: ResponseHead) => void) | undefined;
  readonly #decoder: HttpDecoder<ResponseHead>;
  #settle: (reusable: boolean) => void = () => {};
  /** Stops waiting for the signal. */
  #forget: () => void = () => {};
  /** Who waits for the head, until it is there. */
  #waiting: Waiting | undefined;
  #taker: Taker | undefined;
  #hungry = true;
  #body: Readable | undefined;
  #lasting = false;
  #sent = false;
  #touched = false;
  /** How the stream broke; told when all that had come is delivered. */
  #break: HttpError | undefined;
  #over = false;
  #failure: unknown;

  constructor(
    stream: Duplex,
    request: OutgoingRequest,
    options: ExchangeOptions,
    waiting: Waiting,
  ) {
    const { signal, limits, onLine, transient = false } = options;
    this.#transient = transient;
    this.#onInformation = options.onInformation;
    this.#stream = stream;
    this.#request = request;
    this.#signal = signal;
    this.#waiting = waiting;
    this.#decoder = responseDecoder({
      method: () => request.method,
      ...(limits && { limits }),
      ...(onLine && { onLine: (line) => onLine("received", line) }),
    });
    this.reusable = new Promise((resolve) => (this.#settle = resolve));
  }

  start(head: Buffer, framing: BodyFraming): void {
    const stream = this.#stream;
    const signal = this.#signal;
    if (signal?.aborted) return this.#onAbort();
    if (stream.destroyed) return this.#fail(this.#broken("send", stream.errored));
    stream.on("data", this.#onData);
    stream.on("end", this.#onEnd);
    stream.on("error", this.#onError);
    stream.on("close", this.#onClose);
    this.#forget = onAbort(signal, this.#onAbort);
    stream.resume();
    sendMessage(stream, head, framing, this.#request.body).then(
      () => (this.#sent = true),
      (error: unknown) => this.#fail(error),
    );
  }

  get body(): Readable {
    if (this.#body) return this.#body;
    const body = new Readable({
      // Nothing is read ahead, so that a failure cannot overtake what had come before it.
      highWaterMark: 0,
      read: () => this.#flow(),
      destroy: (error, done) => {
        this.#abandon();
        done(error);
      },
    });
    this.#taker = {
      data: (chunk) => body.push(this.#transient ? Buffer.from(chunk) : chunk),
      end: () => void body.push(null),
      fail: (error) => void body.destroy(error as Error),
    };
    return (this.#body = body);
  }

  consume(sink: (chunk: Buffer) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const data = (chunk: Buffer): boolean => {
        sink(chunk);
        return true;
      };
      this.#taker = { data, end: resolve, fail: reject };
      this.#flow();
    });
  }

  /** The taker wants more. */
  #flow(): void {
    if (this.#over) return this.#conclude();
    this.#hungry = true;
    this.#pump();
    if (this.#hungry && !this.#over) this.#stream.resume();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#touched = true;
    this.#decoder.push(chunk);
    this.#pump();
  };

  readonly #onEnd = (): void => {
    this.#decoder.end();
    this.#pump();
    if (this.#waiting) this.#fail(emptyReply());
  };

  readonly #onError = (error: unknown): void => {
    this.#breakOff(this.#broken(this.#sent || this.#touched ? "receive" : "send", error));
  };

  readonly #onClose = (): void => {
    // Node tells an end or an error first; without either, the stream was destroyed by its owner.
    if (!this.#stream.readableEnded) this.#breakOff(this.#broken("receive", undefined));
  };

  readonly #onAbort = (): void => {
    this.#fail(this.#broken("receive", this.#signal?.reason));
  };

  #breakOff(error: HttpError): void {
    if (this.#break) return;
    this.#break = error;
    this.#settle(false);
    // A destroyed stream gives no event for what it still holds.
    for (let chunk; (chunk = this.#stream.read()) !== null;) this.#decoder.push(chunk);
    this.#pump();
  }

  #pump(): void {
    try {
      while (!this.#over) {
        if (!this.#hungry) return void this.#stream.pause();
        const item = this.#decoder.next();
        if (item) this.#accept(item);
        else if (this.#break) throw this.#break;
        else return;
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #accept(item: HttpItem<ResponseHead>): void {
    switch (item.type) {
      case "head":
        return this.#begin(item.head, item.framing);
      case "data":
        this.received += item.chunk.length;
        this.#hungry = this.#taker?.data(item.chunk) ?? false;
        return;
      case "end":
        return this.#finish(item.trailers);
      case "information":
        return this.#onInformation?.(item.head);
    }
  }

  #begin(head: ResponseHead, framing: BodyFraming): void {
    this.head = head;
    this.#lasting =
      (framing.kind === "length" || framing.kind === "chunked") &&
      persists(head) &&
      persists(this.#request);
    // Without a body the exchange is over at once; otherwise what follows waits for a taker.
    this.#hungry = framing.kind === "length" && framing.bytes === 0;
    this.#waiting?.resolve(this);
    this.#waiting = undefined;
  }

  #finish(trailers: HeaderList): void {
    this.trailers = trailers;
    const { writable, readable } = this.#stream;
    this.#release(this.#lasting && this.#sent && writable && readable && !this.#decoder.pending);
    this.#conclude();
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#failure = error;
    this.#release(false);
    this.#waiting?.reject(error);
    this.#conclude();
  }

  /** The reader of the body has left. */
  #abandon(): void {
    if (!this.#over) this.#release(false);
  }

  #conclude(): void {
    if (this.#failure === undefined) this.#taker?.end();
    else this.#taker?.fail(this.#failure);
  }

  /** Lets go of the stream. */
  #release(reusable: boolean): void {
    const stream = this.#stream;
    this.#over = true;
    stream.off("data", this.#onData);
    stream.off("end", this.#onEnd);
    stream.off("error", this.#onError);
    stream.off("close", this.#onClose);
    this.#forget();
    stream.pause();
    if (!reusable) {
      // What is thrown away may still report an error, which nobody waits for any more.
      stream.on("error", () => {});
      stream.destroy();
      stopSource(this.#request.body);
    }
    this.#settle(reusable);
  }

  #broken(failure: HttpFailure, cause: unknown): HttpError {
    const { method, target } = this.#request;
    const [code, state] = cause ? describe(cause) : (["RESET", "Connection closed"] as const);
    // The query may hold a secret.
    const act = `finish ${method} ${target.split("?", 1)[0]}`;
    const message = `Cannot ${act}: ${lowerFirst(state)}`;
    return new HttpError(failure, code === "INTERNAL" ? "RESET" : code, message, { cause, state });
  }
}

function stopSource(body: Body): void {
  if (!(body instanceof Readable) || body.destroyed) return;
  body.on("error", () => {}); // it is no longer wanted, and neither is its failure
  body.destroy();
}

function emptyReply(): HttpError {
  const state = "the server closed without an answer";
  return new HttpError("empty", "PROTOCOL", `Cannot read the HTTP response: ${state}`, { state });
}

function* linesOf(head: Buffer): Generator<Buffer> {
  for (let at = 0; at < head.length;) {
    const end = head.indexOf("\n", at) + 1;
    yield head.subarray(at, end);
    at = end;
  }
}

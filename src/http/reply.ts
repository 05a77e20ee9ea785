/** What a request gives: the head at once, the body as it comes. */
import type { Readable } from "node:stream";
import { NcxError } from "../core/errors.ts";
import type { IncomingReply } from "../protocol/http/exchange.ts";
import { headerOf, type HeaderList } from "../protocol/http/headers.ts";
import type { Connection } from "../stream/connection.ts";

/** Milliseconds from the start of the request, redirects included. */
export interface Timings {
  /** The last connection was there: name look-up, TCP and TLS done. */
  readonly connected: number;
  /** The head of the reply was there. */
  readonly replied: number;
  /** The body had ended, or broken. */
  ended?: number;
}

export interface ReplyParts {
  readonly incoming: IncomingReply;
  readonly connection: Connection;
  readonly url: string;
  readonly redirects: number;
  readonly timings: Timings;
  readonly maxBody: number;
  /** Undoes the body's Content-Encoding. */
  readonly decode: ((body: Readable) => Readable) | undefined;
}

/**
 * A response. Take its body once: `body`, `consume`, `text`, `json` or `bytes`; its end closes the connection.
 * Whoever doesn't want the body disposes of the reply.
 */
export class Reply implements AsyncDisposable {
  /** Where it came from, after redirects, without credentials. */
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  readonly httpVersion: string;
  /** As they came: order, case and duplicates. One character is one octet. */
  readonly headers: HeaderList;
  /** How many redirects led here. */
  readonly redirects: number;
  readonly timings: Timings;
  readonly #parts: ReplyParts;
  #body: Readable | undefined;

  constructor(parts: ReplyParts) {
    const { head } = parts.incoming;
    this.#parts = parts;
    this.url = parts.url;
    this.status = head.status;
    this.statusText = head.statusText;
    this.httpVersion = `1.${head.minor ?? 1}`;
    this.headers = head.headers;
    this.redirects = parts.redirects;
    this.timings = parts.timings;
  }

  /** The value of a header, repeated ones joined by ", ". */
  header(name: string): string | undefined {
    return headerOf(this.headers, name);
  }

  /** Decoded from its Content-Encoding. Where it is cut it fails, after all that had come was read. */
  get body(): Readable {
    const { incoming, decode } = this.#parts;
    this.#body ??= decode ? decode(incoming.body) : incoming.body;
    return this.#body;
  }

  /** Empty until the body has ended. */
  get trailers(): HeaderList {
    return this.#parts.incoming.trailers;
  }

  /** Bytes of the body so far as they were sent, without chunk framing and before decoding. */
  get wireBytes(): number {
    return this.#parts.incoming.received;
  }

  /**
   * Hands each chunk of the body over the moment it arrives: the least work for whoever can take it at once.
   * The chunk is valid only during the call.
   */
  async consume(sink: (chunk: Buffer) => void): Promise<void> {
    if (!this.#parts.decode && !this.#body) return this.#parts.incoming.consume(sink);
    for await (const chunk of this.body as AsyncIterable<Buffer>) sink(chunk);
  }

  /** @throws {NcxError} LIMIT when it is longer than `maxBody`. */
  async bytes(): Promise<Buffer> {
    const { maxBody } = this.#parts;
    const chunks: Buffer[] = [];
    let length = 0;
    await this.consume((chunk) => {
      length += chunk.length;
      if (length > maxBody)
        throw new NcxError("LIMIT", `Cannot gather the body: it is over ${maxBody} bytes`);
      chunks.push(Buffer.from(chunk));
    });
    return Buffer.concat(chunks);
  }

  /** The body as UTF-8. @throws {NcxError} as `bytes` does. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /** @throws {NcxError} PROTOCOL when it isn't JSON; and as `bytes` does. */
  async json(): Promise<unknown> {
    const text = await this.text();
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new NcxError("PROTOCOL", "Cannot parse the body: it is not JSON", { cause });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#body?.destroy();
    await this.#parts.connection[Symbol.asyncDispose]();
  }
}

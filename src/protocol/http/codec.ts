/**
 * HTTP/1 messages, requests and responses: bytes in, values out; no sockets. RFC 9112 (messages), RFC 9110 (fields).
 *
 * Strict: whatever two readers could understand differently is an error. Every part has a bound.
 */
import { HttpError, type HttpFailure } from "./error.ts";
import {
  requestFraming,
  responseFraming,
  type BodyFraming,
  type RequestHead,
  type ResponseHead,
} from "./framing.ts";
import { isFieldValue, isToken, trimSpace, type HeaderList } from "./headers.ts";
import { LineReader } from "./lines.ts";
import { checkStatusStart, parseRequestLine, parseStatusLine } from "./start-line.ts";

/** Bounds in bytes, `fields` apart. What passes one is an error with code LIMIT. */
export interface HttpLimits {
  /** One line of a head or of the trailers. */
  readonly line: number;
  /** A head in all. */
  readonly head: number;
  /** The number of fields in a head, and in the trailers. */
  readonly fields: number;
  /** A chunk-size line with its extensions. */
  readonly chunkLine: number;
  /** The trailers in all. */
  readonly trailers: number;
}

const httpLimits: HttpLimits = {
  line: 64 * 1024,
  head: 256 * 1024,
  fields: 1000,
  chunkLine: 4 * 1024,
  trailers: 64 * 1024,
};

export interface HttpDecoderOptions {
  limits?: Partial<HttpLimits>;
  /** Take a lone LF as the end of a line, as RFC 9112 §2.2 allows. @default {false} */
  bareLf?: boolean;
  /** Each line of heads and trailers as it came, with its end. Valid only during the call. */
  onLine?: (line: Buffer) => void;
}

export interface ResponseDecoderOptions extends HttpDecoderOptions {
  /** The method of the request that a response answers: HEAD and CONNECT change what follows. @default {() => "GET"} */
  method?: () => string;
}

export type HttpItem<Head> =
  | { readonly type: "head"; readonly head: Head; readonly framing: BodyFraming }
  /** A 1xx response: it has no body, and another head follows. */
  | { readonly type: "information"; readonly head: Head }
  | { readonly type: "data"; readonly chunk: Buffer }
  | { readonly type: "end"; readonly trailers: HeaderList };

/** What differs between requests and responses. */
interface Grammar<Head> {
  readonly what: "request" | "response";
  /** Checks the first bytes of a message, however few there are. */
  checkStart?(start: Buffer): void;
  /** Reads the first line; `headers` fills up later. */
  makeHead(startLine: string, headers: HeaderList): Head;
  /** Undefined for an interim response. */
  framing(head: Head): BodyFraming | undefined;
}

/** Reads what a client sends. */
export function requestDecoder(options: HttpDecoderOptions = {}): HttpDecoder<RequestHead> {
  return new HttpDecoder(requests, options);
}

/**
 * Reads what a server sends.
 *
 * @example
 * const decoder = responseDecoder();
 * decoder.push(Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"));
 * for (let item = decoder.next(); item; item = decoder.next()) use(item); // head, data, end
 */
export function responseDecoder(options: ResponseDecoderOptions = {}): HttpDecoder<ResponseHead> {
  const { method = () => "GET" } = options;
  return new HttpDecoder(
    {
      what: "response",
      checkStart: checkStatusStart,
      makeHead: (line, headers) => ({ ...parseStatusLine(line), headers }),
      framing(head) {
        const interim = head.status < 200 && head.status !== 101;
        return interim ? undefined : responseFraming(head, method());
      },
    },
    options,
  );
}

const requests: Grammar<RequestHead> = {
  what: "request",
  makeHead: (line, headers) => ({ ...parseRequestLine(line), headers }),
  framing: requestFraming,
};

type State = "start" | "fields" | "body" | "size" | "chunk" | "chunk-end" | "trailers" | "over";

/**
 * One side of a connection, message after message: `push` what came, then take items with `next` until it gives none.
 * Pushed bytes must stay as they are until then. After an error, and after a body that lasts until the close, it gives
 * nothing more.
 */
export class HttpDecoder<Head> {
  readonly #grammar: Grammar<Head>;
  readonly #limits: HttpLimits;
  readonly #options: HttpDecoderOptions;
  readonly #reader = new LineReader();
  #state: State = "start";
  #closed = false;
  #head: Head | undefined;
  /** Of the head, or of the trailers. */
  #fields: [name: string, value: string][] = [];
  /** Bytes of this head, or of these trailers, so far. */
  #used = 0;
  #framing: BodyFraming = { kind: "close" };
  /** Bytes that are left of the body, or of the chunk. */
  #left = 0;

  constructor(grammar: Grammar<Head>, options: HttpDecoderOptions) {
    this.#grammar = grammar;
    this.#options = options;
    this.#limits = options.limits ? { ...httpLimits, ...options.limits } : httpLimits;
  }

  /** Whether there are bytes that no item has given yet. */
  get pending(): boolean {
    return this.#reader.pending;
  }

  push(chunk: Buffer): void {
    this.#reader.push(chunk);
  }

  /** Takes what came after the last item: for whoever goes on in another protocol. */
  takeRest(): Buffer {
    return this.#reader.take(Infinity) ?? Buffer.alloc(0);
  }

  /** No more will come: `next` gives the end of a body that lasts until the close, or throws for what is missing. */
  end(): void {
    this.#closed = true;
  }

  /**
   * The next item; undefined until more is pushed.
   *
   * @throws {HttpError} PROTOCOL for what isn't HTTP, or ended early; UNSUPPORTED for another version; LIMIT for a
   * bound that was passed.
   */
  next(): HttpItem<Head> | undefined {
    try {
      return this.#next();
    } catch (error) {
      this.#state = "over";
      throw error;
    }
  }

  #next(): HttpItem<Head> | undefined {
    for (;;) {
      if (this.#state === "over") return undefined;
      if (this.#state === "body" || this.#state === "chunk") {
        if (this.#left === 0 && this.#state === "body") return this.#finish();
        if (this.#left > 0) return this.#data() ?? this.#starved();
        this.#state = "chunk-end";
      }
      const line = this.#line();
      if (line === undefined) return this.#starved();
      const item = this.#accept(line);
      if (item) return item;
    }
  }

  #data(): HttpItem<Head> | undefined {
    const chunk = this.#reader.take(this.#left);
    if (chunk === undefined) return undefined;
    this.#left -= chunk.length;
    return { type: "data", chunk };
  }

  #line(): Buffer | undefined {
    // These two are told by their first byte, for a line end may never come.
    if (this.#state === "start") this.#grammar.checkStart?.(this.#reader.peek(8));
    if (this.#state === "chunk-end") this.#checkChunkEnd(this.#reader.peek(1));
    const line = this.#reader.line(this.#bound());
    if (line === "long") throw this.#tooLong();
    if (line === undefined) return undefined;
    if (line.at(-2) !== CR && !this.#options.bareLf) throw this.#bad("a line ends with LF alone");
    return line;
  }

  #checkChunkEnd([first = CR]: Buffer): void {
    if (first !== CR && first !== LF) throw this.#bad("a chunk is longer than its size says");
  }

  #bound(): number {
    const { line, head, trailers, chunkLine } = this.#limits;
    switch (this.#state) {
      case "size":
        return chunkLine;
      case "chunk-end":
        return 2;
      case "trailers":
        return Math.min(line, trailers - this.#used);
      default:
        return Math.min(line, head - this.#used);
    }
  }

  #tooLong(): HttpError {
    if (this.#state === "chunk-end") return this.#bad("a chunk is longer than its size says");
    const { line, head, trailers, chunkLine } = this.#limits;
    if (this.#state === "size") return this.#over("a chunk-size line", chunkLine);
    if (this.#bound() === line) return this.#over("a line", line);
    return this.#state === "trailers"
      ? this.#over("the trailer section", trailers)
      : this.#over("the head", head);
  }

  #accept(line: Buffer): HttpItem<Head> | undefined {
    const text = line.toString("latin1", 0, line.at(-2) === CR ? line.length - 2 : line.length - 1);
    switch (this.#state) {
      case "size":
        return this.#startChunk(text);
      case "chunk-end":
        if (text !== "") throw this.#bad("a chunk is longer than its size says");
        this.#state = "size";
        return undefined;
      case "start":
        this.#used += line.length;
        // RFC 9112 §2.2: empty lines before a request are to be ignored; the bound of the head holds for them too.
        if (text === "" && this.#grammar.what === "request") return undefined;
        this.#head = this.#grammar.makeHead(text, this.#fields);
        this.#state = "fields";
        break;
      default:
        this.#used += line.length;
        if (text !== "") this.#addField(text);
    }
    this.#options.onLine?.(line);
    if (text !== "") return undefined;
    return this.#head === undefined ? this.#finish() : this.#finishHead(this.#head);
  }

  #addField(text: string): void {
    if (text.startsWith(" ") || text.startsWith("\t")) return this.#unfold(text);
    if (this.#fields.length === this.#limits.fields)
      throw this.#over("the number of fields", this.#limits.fields);
    const colon = text.indexOf(":");
    const name = text.slice(0, Math.max(colon, 0));
    // RFC 9112 §5.1: no space before the colon; readers have disagreed on what it means.
    if (!isToken(name)) throw this.#bad("a header has no name");
    const value = trimSpace(text.slice(colon + 1));
    if (!isFieldValue(value))
      throw this.#bad(`the header ${name.slice(0, 40)} has a control character`);
    this.#fields.push([name, value]);
  }

  /** RFC 9112 §5.2: a continued line is an error in a request, and reads as a space in a response. */
  #unfold(text: string): void {
    const last = this.#fields.at(-1);
    if (!last || this.#grammar.what === "request")
      throw this.#bad("a header line begins with a space");
    if (!isFieldValue(text))
      throw this.#bad(`the header ${last[0].slice(0, 40)} has a control character`);
    last[1] = trimSpace(`${last[1]} ${trimSpace(text)}`);
  }

  #finishHead(head: Head): HttpItem<Head> {
    const framing = this.#grammar.framing(head);
    this.#head = undefined;
    this.#fields = [];
    this.#used = 0;
    if (framing === undefined) {
      this.#state = "start";
      return { type: "information", head };
    }
    this.#framing = framing;
    this.#state = framing.kind === "chunked" ? "size" : "body";
    this.#left = framing.kind === "length" ? framing.bytes : Infinity;
    return { type: "head", head, framing };
  }

  // RFC 9112 §7.1, §7.1.1: extensions mean nothing to us, and are read only to be sure where the line ends.
  #startChunk(text: string): undefined {
    const match = CHUNK_SIZE.exec(text);
    const size = match ? Number.parseInt(match[1] ?? "", 16) : NaN;
    if (!Number.isSafeInteger(size)) throw this.#bad("a chunk size is malformed");
    this.#left = size;
    this.#state = size === 0 ? "trailers" : "chunk";
  }

  #finish(): HttpItem<Head> {
    const trailers = this.#fields;
    const last = this.#framing.kind === "close" || this.#framing.kind === "tunnel";
    this.#fields = [];
    this.#used = 0;
    this.#state = last ? "over" : "start";
    return { type: "end", trailers };
  }

  /** There is nothing to read. That is in order, unless no more can come. */
  #starved(): HttpItem<Head> | undefined {
    if (!this.#closed) return undefined;
    if (this.#state === "start" && !this.pending) return undefined;
    if (this.#state === "body" && this.#left === Infinity) return this.#finish();
    if (this.#state === "start" || this.#state === "fields")
      throw this.#cut("its head was complete");
    if (this.#state === "body") throw this.#cut("its end", this.#left);
    throw this.#cut("its last chunk");
  }

  #cut(before: string, missing?: number): HttpError {
    const state = `the peer closed before ${before}${missing === undefined ? "" : `, with ${missing} bytes missing`}`;
    return new HttpError(
      "partial",
      "PROTOCOL",
      `Cannot read the HTTP ${this.#grammar.what}: ${state}`,
      { state },
    );
  }

  #bad(state: string): HttpError {
    return new HttpError(
      this.#part,
      "PROTOCOL",
      `Cannot read the HTTP ${this.#grammar.what}: ${state}`,
      { state },
    );
  }

  #over(part: string, limit: number): HttpError {
    const state = `${part} is over the limit of ${limit}`;
    return new HttpError(
      this.#part,
      "LIMIT",
      `Cannot read the HTTP ${this.#grammar.what}: ${state}`,
      { state },
    );
  }

  get #part(): HttpFailure {
    return this.#state === "start" || this.#state === "fields" ? "head" : "chunk";
  }
}

const CR = 0x0d;
const LF = 0x0a;
const CHUNK_SIZE =
  /^([0-9A-Fa-f]{1,16})(?:[ \t]*;[ \t]*[!#$%&'*+\-.^_`|~\w]+(?:[ \t]*=[ \t]*(?:[!#$%&'*+\-.^_`|~\w]+|"(?:[\t !#-[\]-~\x80-\xFF]|\\[\t -~\x80-\xFF])*"))?)*$/;

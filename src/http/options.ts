/** What a request takes, and what it does without. */
import type { Readable } from "node:stream";
import type { HttpLimits } from "../protocol/http/codec.ts";
import type { ResponseHead } from "../protocol/http/framing.ts";
import type { Connection } from "../stream/connection.ts";
import type { TlsDialOptions } from "../transport/index.ts";

/** Text is sent as UTF-8. A Readable is sent once, in chunks unless its length is in a Content-Length header. */
export type RequestBody = string | Uint8Array | Readable | { readonly file: string };

/** A value of null takes a header away that would be sent by itself, such as User-Agent. */
export type RequestHeaders =
  | Readonly<Record<string, string | null>>
  | Iterable<readonly [name: string, value: string | null]>;

export interface RequestObserver {
  /** A connection is there; `reused` is true where it has carried a request before. */
  onConnect?(connection: Connection, reused: boolean): void;
  /** Each line of heads and trailers with its end. Secrets included; valid only during the call. */
  onLine?(direction: "sent" | "received", line: Buffer): void;
  /** A response, each that is redirected included. `url` has no credentials. */
  onResponse?(url: string, head: ResponseHead): void;
  /** A redirect is followed, to this URL. */
  onRedirect?(url: string): void;
  /** The final response is over; `reusable` is true where its connection could have carried another. */
  onEnd?(reusable: boolean): void;
}

export interface RequestOptions {
  /** @default {"GET", or "POST" with a body} */
  method?: string;
  headers?: RequestHeaders;
  body?: RequestBody;
  /** Follow redirects. @default {false} */
  follow?: boolean;
  /** How many redirects are followed; one more is an error. @default {50} */
  maxRedirects?: number;
  /** Milliseconds for all of it, the reply's body included. Default: without limit. */
  timeout?: number;
  /** Milliseconds for each connection to be there, TLS included. Default: as long as the system takes. */
  connectTimeout?: number;
  tls?: TlsDialOptions;
  /** Dial this unix socket instead of the URL's host. */
  unixSocket?: string;
  /** Only addresses of this family. */
  family?: 4 | 6;
  /** Bytes that the reply's `text`, `json` and `bytes` gather at most. @default {268435456} */
  maxBody?: number;
  /** Read in large buffers that are used again: faster for a long body that is taken by `consume`. @default {false} */
  bulk?: boolean;
  limits?: Partial<HttpLimits>;
  observer?: RequestObserver;
  signal?: AbortSignal;
}

/** curl's own number. */
export const MAX_REDIRECTS = 50;
/** 256 MiB: what is larger should be streamed. */
export const MAX_BODY: number = 256 * 1024 * 1024;

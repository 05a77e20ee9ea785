import type { Connection, LinkReport, Observer } from "../stream/connection.ts";
import type { BindOptions, DialOptions } from "../transport/index.ts";
import type { ServeOptions } from "../transport/serve.ts";

/** Milliseconds of silence that end a link with UDP on a side, which has no other end. */
export const UDP_IDLE = 60_000;

/** What all that accepts here and dials there has in common. */
export interface ForwardOptions extends ServeOptions {
  /** Clients to take in all; then it stops accepting. Default: no limit. */
  maxAccepts?: number;
  /** Clients at once; further ones are closed. Default: no limit, for UDP 10,000. */
  maxConns?: number;
  /** Milliseconds for one dial. Default: as long as the system takes. */
  connectTimeout?: number;
  /** Dials after the first one failed, the wait doubling from 200 ms. @default {0} */
  retries?: number;
  /** Milliseconds without a byte either way that end a connection. Default: without limit; with UDP {@link UDP_IDLE}. */
  idle?: number;
  /** Bytes a second in each direction of each connection, 1 or more. Default: no limit. */
  rateLimit?: number;
  /** How the near side is bound. */
  bind?: BindOptions;
  /** How the far side is dialled. */
  dial?: DialOptions;
}

export interface RelayOptions extends ForwardOptions {
  /** Who watches what passes between the two. Forward is what the client sends. */
  observe?: (near: Connection, far: Connection) => readonly Observer[];
  /** A client is linked to its destination. */
  onOpen?: (near: Connection, far: Connection) => void;
  /** They have come apart: forward is what the client sent. */
  onClose?: (near: Connection, far: Connection, report: LinkReport) => void;
}

import type { Endpoint } from "../../core/endpoint.ts";
import type { Connection, LinkReport } from "../../stream/connection.ts";
import type { ForwardOptions } from "../options.ts";

/** What the clients speak. socks4 is 4a as well; auto tells them apart by the first byte. */
export type ServedProtocol = "http" | "socks4" | "socks5" | "auto";

/** Milliseconds for a client to say what it wants. */
export const HANDSHAKE_TIMEOUT = 30_000;

/** A plain HTTP request that was answered, by its destination or in its place. */
export interface ProxiedRequest {
  readonly method: string;
  /** Without a query, which may hold a secret. */
  readonly url: string;
  readonly status: number;
  /** Bytes of the bodies: of the answer, and of the request. */
  readonly sent: number;
  readonly received: number;
  /** Milliseconds. */
  readonly duration: number;
}

export interface ProxyOptions extends ForwardOptions {
  /** @default {"auto"} */
  protocol?: ServedProtocol;
  /** Who may use it. HTTP: Digest or Basic; SOCKS5: RFC 1929; SOCKS4 knows no password, and is refused then. */
  auth?: { readonly user: string; readonly password: string };
  /**
   * The only destinations, and those that are none, in nmap's host syntax; the latter win. Names in them are looked up
   * once, now. Each is held against the resolved addresses, which are then dialled. Default: everything.
   */
  allowTargets?: readonly string[];
  denyTargets?: readonly string[];
  /** Milliseconds for a client to say what it wants, request after request. @default {30000} */
  handshakeTimeout?: number;
  /** A client is linked to `to`, the destination as it has named it (CONNECT and SOCKS). */
  onOpen?: (near: Connection, far: Connection, to: Endpoint) => void;
  /** They have come apart: forward is what the client sent. */
  onClose?: (near: Connection, far: Connection, report: LinkReport, to: Endpoint) => void;
  /** A plain HTTP request is over. */
  onRequest?: (near: Connection, request: ProxiedRequest) => void;
}

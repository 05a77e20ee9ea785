/** The events of `--json`: one object a line. The schema is documented in docs/events.md. */
import type { Endpoint } from "./endpoint.ts";
import type { NcxErrorCode } from "./errors.ts";

/** What a handshake has agreed on. */
export interface TlsFacts {
  /** `TLSv1.3` */
  readonly protocol: string;
  /** `TLS_AES_256_GCM_SHA384` */
  readonly cipher: string;
  /** The protocol chosen by ALPN. */
  readonly alpn?: string;
  /** The name that the client has asked for (SNI). */
  readonly servername?: string;
  /** Whether the peer's certificate was found good. */
  readonly authorized: boolean;
  /** Why it was not, as a sentence; absent where the peer has shown none. */
  readonly refusal?: string;
  /** The certificate that the peer has shown. */
  readonly certificate?: TlsCertificate;
}

export interface TlsCertificate {
  /** `CN=example.org` */
  readonly subject: string;
  readonly issuer: string;
  /** In hexadecimal, with colons. */
  readonly sha256: string;
  readonly sha1: string;
}

export type NcxEvent =
  /** A listener is ready. `rule` numbers the rules of a relay with several, from 0. */
  | { readonly type: "listening"; readonly endpoint: Endpoint; readonly rule?: number }
  /** A connection is open: accepted from `remote`, or dialled to it. In a relay `to` is the other end. */
  | {
      readonly type: "open";
      readonly id: number;
      readonly local: Endpoint;
      readonly remote: Endpoint;
      readonly to?: Endpoint;
      /** What TLS has agreed on with `remote`. */
      readonly tls?: TlsFacts | undefined;
    }
  /** It has ended: bytes sent to `remote` and received from it, and milliseconds. */
  | {
      readonly type: "close";
      readonly id: number;
      readonly remote: Endpoint;
      readonly to?: Endpoint;
      readonly sent: number;
      readonly received: number;
      readonly duration: number;
      readonly reason: "eof" | "idle" | "limit" | "reset" | "aborted" | "error";
    }
  /** A client was turned away. */
  | { readonly type: "reject"; readonly remote: Endpoint; readonly reason: string }
  /** A plain HTTP request to a proxy is over: bytes of its bodies, sent to `remote` and received from it. */
  | {
      readonly type: "request";
      readonly id: number;
      readonly remote: Endpoint;
      readonly method: string;
      readonly url: string;
      readonly status: number;
      readonly sent: number;
      readonly received: number;
      readonly duration: number;
    }
  /** A message of a MUD's beside its text (`ncx telnet`). */
  | { readonly type: "gmcp"; readonly id: number; readonly name: string; readonly value?: unknown }
  /** One port of -z. */
  | {
      readonly type: "probe";
      readonly host: string;
      readonly port: number;
      readonly protocol: "tcp" | "udp";
      readonly state: "open" | "closed" | "timeout" | "error" | "silent";
      readonly service?: string;
      readonly reason?: string;
    }
  /** An attempt of `ncx wait -vv` has failed, and why; without a reason it is still there, with --gone. */
  | { readonly type: "attempt"; readonly target: string; readonly reason?: string }
  /** A target of `ncx wait` is there, or with --gone no longer: after so many milliseconds. */
  | { readonly type: "ready"; readonly target: string; readonly duration: number }
  /** A response of `ncx http`, before its body. */
  | {
      readonly type: "response";
      readonly url: string;
      readonly status: number;
      readonly statusText: string;
      readonly httpVersion: string;
      readonly headers: readonly (readonly [string, string])[];
    }
  /** A body has ended: its bytes on the wire and after decoding. */
  | {
      readonly type: "body";
      readonly url: string;
      readonly wireBytes: number;
      readonly bytes: number;
      readonly duration: number;
    }
  | {
      readonly type: "error";
      readonly code: NcxErrorCode;
      readonly message: string;
      readonly hint?: string;
      /** The connection that it happened to, where there is one. */
      readonly id?: number;
    };

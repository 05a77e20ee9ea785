/** The events of `--json`: one object a line. The schema is documented in docs/events.md. */
import type { Endpoint } from "./endpoint.ts";
import type { NcxErrorCode } from "./errors.ts";

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

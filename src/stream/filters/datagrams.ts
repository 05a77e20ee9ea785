/** Cuts bytes into pieces that a datagram can carry. */
import { Transform } from "node:stream";
import type { Endpoint } from "../../core/endpoint.ts";
import type { Filter } from "../connection.ts";

/** RFC 768, RFC 791 §3.1: 65,535 bytes, less 20 of IPv4 header and 8 of UDP's. */
export const MAX_DATAGRAM = 65_507;

/** RFC 6347 §4.1, RFC 5246 §6.2.1: what a record of DTLS carries. */
export const MAX_RECORD = 16_384;

/** Bytes that one message to this place may have. */
export function largestMessage({ kind }: Endpoint): number {
  return kind === "dtls" ? MAX_RECORD : MAX_DATAGRAM;
}

/**
 * Each chunk goes on whole where it fits, else in pieces of `largest` bytes.
 * Default: what the connection's peer can take.
 */
export function datagrams(largest?: number): Filter {
  return ({ remote }) => {
    const limit = largest ?? largestMessage(remote);
    return new Transform({
      objectMode: true,
      transform(chunk: Buffer, _encoding, done) {
        for (let at = 0; at === 0 || at < chunk.length; at += limit)
          this.push(chunk.subarray(at, at + limit));
        done();
      },
    });
  };
}

/** Cuts bytes into pieces that a datagram can carry. */
import { Transform } from "node:stream";
import type { Filter } from "../connection.ts";

/** RFC 768, RFC 791 §3.1: 65,535 bytes, less 20 of IPv4 header and 8 of UDP's. */
export const MAX_DATAGRAM = 65_507;

/** Each chunk goes on whole where it fits, else in pieces of {@link MAX_DATAGRAM} bytes. */
export function datagrams(): Filter {
  return () =>
    new Transform({
      objectMode: true,
      transform(chunk: Buffer, _encoding, done) {
        for (let at = 0; at === 0 || at < chunk.length; at += MAX_DATAGRAM)
          this.push(chunk.subarray(at, at + MAX_DATAGRAM));
        done();
      },
    });
}

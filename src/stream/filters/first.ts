/** Ends the input after a number of chunks or datagrams. */
import { Transform } from "node:stream";
import type { Filter } from "../connection.ts";

/** Passes the first `count` chunks, then ends; what comes later is dropped. */
export function first(count: number): Filter {
  return ({ framing }) => {
    let left = count;
    return new Transform({
      objectMode: framing === "message",
      transform(chunk: Buffer, _encoding, done) {
        left -= 1;
        if (left >= 0) this.push(chunk);
        if (left === 0) this.push(null);
        done();
      },
    });
  };
}

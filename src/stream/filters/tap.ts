/** Looks at bytes where they are, in the middle of other filters. */
import { Transform } from "node:stream";
import type { Connection, Filter } from "../connection.ts";

/** Shows each chunk to `see`, and passes it as it is. */
export function tap(see: (connection: Connection, chunk: Buffer) => void): Filter {
  return (connection) =>
    new Transform({
      objectMode: connection.framing === "message",
      transform(chunk: Buffer, _encoding, done) {
        see(connection, chunk);
        done(null, chunk);
      },
    });
}

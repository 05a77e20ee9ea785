/** Line ends of what is sent: LF and CRLF become CRLF, CR or nothing, and a CR is never doubled. */
import { Transform } from "node:stream";
import type { Filter } from "../connection.ts";

const CR = 0x0d;
const LF = 0x0a;

const ENDS = { crlf: "\r\n", cr: "\r", none: "" } as const;

/** Rewrites every line's end, LF or CRLF, also where a chunk ends between the two. */
export function eol(kind: keyof typeof ENDS): Filter {
  const end = Buffer.from(ENDS[kind]);
  // A CR that is sent either way need not wait for what follows it: a progress bar's comes at once.
  const sendsCr = end[0] === CR;
  const afterCr = end.subarray(1);
  return ({ framing }) => {
    let heldCr = false;
    let sentCr = false;
    return new Transform({
      objectMode: framing === "message",
      transform(chunk: Buffer, _encoding, done) {
        if (chunk.length === 0) return done(null, chunk);
        const parts: Buffer[] = [];
        let from = 0;
        if (sentCr && chunk[0] === LF) {
          parts.push(afterCr);
          from = 1;
        }
        if (heldCr && chunk[0] !== LF) parts.push(Buffer.of(CR));
        for (let at = chunk.indexOf(LF, from); at >= 0; at = chunk.indexOf(LF, from)) {
          const textEnd = at > from && chunk[at - 1] === CR ? at - 1 : at;
          parts.push(chunk.subarray(from, textEnd), end);
          from = at + 1;
        }
        const rest = chunk.subarray(from);
        const endsInCr = rest.at(-1) === CR;
        // A datagram is not held back, nor any part of it.
        heldCr = endsInCr && !sendsCr && framing === "stream";
        sentCr = endsInCr && !heldCr;
        parts.push(heldCr ? rest.subarray(0, -1) : rest);
        done(null, Buffer.concat(parts));
      },
      flush(done) {
        done(null, heldCr ? Buffer.of(CR) : undefined);
      },
    });
  };
}

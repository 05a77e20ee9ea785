/** Line ends of what is sent: a lone LF becomes CRLF, CR or nothing; CRLF is left as it is by "crlf". */
import { Transform } from "node:stream";
import type { Filter } from "../connection.ts";

const CR = 0x0d;
const LF = 0x0a;

const ENDS = { crlf: "\r\n", cr: "\r", lf: "\n", none: "" } as const;

/** Rewrites every line's end, LF or CRLF, also where a chunk ends between the two. */
export function eol(kind: keyof typeof ENDS): Filter {
  const end = Buffer.from(ENDS[kind]);
  return ({ framing }) => {
    let heldCr = false;
    return new Transform({
      objectMode: framing === "message",
      transform(chunk: Buffer, _encoding, done) {
        const parts: Buffer[] = [];
        let from = 0;
        if (heldCr) {
          if (chunk[0] !== LF) parts.push(Buffer.from([CR]));
          heldCr = false;
        }
        for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) {
          const textEnd = at > from && chunk[at - 1] === CR ? at - 1 : at;
          parts.push(chunk.subarray(from, textEnd), end);
          from = at + 1;
        }
        const rest = chunk.subarray(from);
        heldCr = framing === "stream" && rest.at(-1) === CR;
        parts.push(heldCr ? rest.subarray(0, -1) : rest);
        done(null, Buffer.concat(parts));
      },
      flush(done) {
        done(null, heldCr ? Buffer.from([CR]) : undefined);
      },
    });
  };
}

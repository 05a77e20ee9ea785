/** Slows bytes down: a wait between lines, or before every chunk. */
import { Transform } from "node:stream";
import type { Filter } from "../connection.ts";

const LF = 0x0a;

/** Passes one line at a time, `ms` apart; the first goes at once. */
export function linePace(ms: number): Filter {
  return ({ framing }) =>
    pacer(ms, framing === "message" ? (chunk) => [chunk] : splitLines, {
      first: false,
      objectMode: framing === "message",
    });
}

/** Waits `ms` before each chunk. */
export function chunkPace(ms: number): Filter {
  return ({ framing }) =>
    pacer(ms, (chunk) => [chunk], { first: true, objectMode: framing === "message" });
}

interface PacerOptions {
  /** Whether the first piece waits, too. */
  readonly first: boolean;
  readonly objectMode: boolean;
}

function pacer(
  ms: number,
  split: (chunk: Buffer) => Buffer[],
  { first, objectMode }: PacerOptions,
): Transform {
  let wait = first;
  let timer: NodeJS.Timeout | undefined;
  return new Transform({
    objectMode,
    transform(chunk: Buffer, _encoding, done) {
      const pieces = split(chunk);
      const next = (): void => {
        const piece = pieces.shift();
        if (!piece) return done();
        const pass = (): void => {
          wait = true;
          this.push(piece);
          next();
        };
        if (wait) timer = setTimeout(pass, ms);
        else pass();
      };
      next();
    },
    destroy(error, done) {
      clearTimeout(timer);
      done(error);
    },
  });
}

function splitLines(chunk: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let from = 0;
  for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, from)) {
    lines.push(chunk.subarray(from, at + 1));
    from = at + 1;
  }
  if (from < chunk.length) lines.push(chunk.subarray(from));
  return lines;
}

/** What a terminal showed, as asciinema plays it: asciicast v2, one JSON value a line. What was typed is not in it. */
import { StringDecoder } from "node:string_decoder";
import type { Observer } from "../stream/connection.ts";

export interface CastOptions {
  readonly columns: number;
  readonly rows: number;
  /** Seconds since 1970 at which it began. */
  readonly timestamp: number;
  /** `TERM`. */
  readonly terminal?: string;
  readonly shell?: string;
  /** The command that runs in it. */
  readonly command?: string;
}

export interface Cast extends Observer {
  /** The terminal has got another size. */
  resized(columns: number, rows: number): void;
}

/** Hands over the header at once, then a line for each output and resize; `write` gets whole lines. */
export function cast(write: (line: string) => void, options: CastOptions): Cast {
  const { columns: width, rows: height, timestamp, terminal, shell, command } = options;
  const started = performance.now();
  // A letter may be cut in two by a chunk's end.
  const decoder = new StringDecoder("utf8");
  const env = {
    ...(terminal !== undefined && { TERM: terminal }),
    ...(shell !== undefined && { SHELL: shell }),
  };
  const put = (value: unknown): void => write(`${JSON.stringify(value)}\n`);
  const event = (code: "o" | "r", text: string): void => {
    const seconds = Math.round((performance.now() - started) * 1000) / 1e6;
    if (text !== "") put([seconds, code, text]);
  };
  put({ version: 2, width, height, timestamp, ...(command !== undefined && { command }), env });
  return {
    onData(_connection, direction, chunk) {
      // The program is the left side of its link.
      if (direction === "forward") event("o", decoder.write(Buffer.from(chunk)));
    },
    onClose: () => event("o", decoder.end()),
    resized: (columns, rows) => event("r", `${columns}x${rows}`),
  };
}

/** A hex dump of what passes: offset, sixteen bytes, and the same as text. */
import type { Direction, Observer } from "../stream/connection.ts";

const WIDTH = 16;
const ARROWS: Record<Direction, string> = { forward: ">", backward: "<" };

/** Writes the dump of every chunk, line by line: `>` is what was sent, `<` what was received. */
export function hexdump(write: (text: string) => void): Observer {
  const offsets: Record<Direction, number> = { forward: 0, backward: 0 };
  return {
    onData(_connection, direction, chunk) {
      write(formatHex(chunk, ARROWS[direction], offsets[direction]));
      offsets[direction] += chunk.length;
    },
  };
}

/** The dump of one chunk that starts at `offset` of its direction. */
function formatHex(chunk: Uint8Array, arrow: string, offset: number): string {
  let text = "";
  for (let at = 0; at < chunk.length; at += WIDTH)
    text += formatLine(chunk.subarray(at, at + WIDTH), arrow, offset + at);
  return text;
}

function formatLine(bytes: Uint8Array, arrow: string, offset: number): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
  const left = hex.slice(0, 8).join(" ").padEnd(23);
  const right = hex.slice(8).join(" ").padEnd(23);
  const text = Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".",
  ).join("");
  return `${arrow} ${offset.toString(16).padStart(8, "0")}  ${left}  ${right}  |${text}|\n`;
}

/** The texts of a chat, as ncat words them, and what makes a stranger's words safe to print. Pure. */
import { isUtf8 } from "node:buffer";

/** Bytes of one line; a longer one is cut. */
const MAX_LINE = 8192;
const NEWLINE = 10;

export interface Speaker {
  readonly name: string;
  /**
   * What the others see of a chunk: its whole lines, each under the speaker's name. What is not a whole line yet
   * waits; with `last` it doesn't. Undefined: nothing yet.
   */
  hear(chunk: Buffer, last?: boolean): Buffer | undefined;
}

/**
 * Makes a speaker. Every line carries its name, so that none can be passed off as somebody else's, or as an
 * announcement.
 */
export function makeSpeaker(name: string): Speaker {
  let rest: Buffer = Buffer.alloc(0);
  return {
    name,
    hear(chunk, last = false) {
      const lines: string[] = [];
      let left = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      for (;;) {
        const newline = left.indexOf(NEWLINE);
        const end = newline < 0 || newline > MAX_LINE ? MAX_LINE : newline;
        if (left.length <= end && newline < 0) break;
        lines.push(`<${name}> ${printable(left.subarray(0, end))}\n`);
        left = left.subarray(end === newline ? end + 1 : end);
      }
      if (last && left.length > 0) lines.push(`<${name}> ${printable(left)}\n`);
      // A copy: a chunk is its giver's again once it was heard.
      rest = last ? Buffer.alloc(0) : Buffer.from(left);
      return lines.length === 0 ? undefined : Buffer.from(lines.join(""));
    },
  };
}

export const announcement = {
  /** `called` and `others` are `127.0.0.1 as <user4>`. */
  joined(called: string, others: readonly string[]): Buffer {
    const [host, name] = called.split(" as ");
    const list = others.length === 0 ? "nobody" : others.join(", ");
    return Buffer.from(
      `<announce> ${host} is connected as ${name}.\n<announce> already connected: ${list}.\n`,
    );
  },
  left: (name: string): Buffer => Buffer.from(`<announce> <${name}> is disconnected.\n`),
};

/**
 * The line with everything but text as octal escapes: control characters but the tab, what turns the direction of
 * writing or cannot be seen, and bytes that are not UTF-8.
 */
export function printable(line: Buffer): string {
  const text = line.at(-1) === 13 ? line.subarray(0, -1) : line; // telnet ends its lines with CR LF
  if (!isUtf8(text)) return text.toString("latin1").replace(/[^\t\u0020-\u007E]/g, octal);
  return text
    .toString()
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (letter) =>
      letter === "\t" ? letter : Array.from(Buffer.from(letter).toString("latin1"), octal).join(""),
    );
}

/** A byte as `\033`. */
function octal(byte: string): string {
  return `\\${byte.charCodeAt(0).toString(8).padStart(3, "0")}`;
}

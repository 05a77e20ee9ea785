/** A hex dump of what passes: offset, sixteen bytes, and the same as text. */
import type { Direction, Observer } from "../stream/connection.ts";

const WIDTH = 16;
/** What was sent, and what was received. */
export const ARROWS: Readonly<Record<Direction, string>> = { forward: ">", backward: "<" };

/** How a dump is laid out. */
export interface HexFormat {
  /** One line of up to sixteen bytes. */
  line(bytes: Uint8Array, direction: Direction, offset: number): string;
  /** Bytes after which the offset starts again from 0, as it does with every chunk then. Absent: it counts a direction. */
  readonly record?: number;
}

/** `> 00000010  68 65 6c 6c 6f 0a …  |hello.|` */
const NCX: HexFormat = {
  line(bytes, direction, offset) {
    const place = offset.toString(16).padStart(8, "0");
    return `${ARROWS[direction]} ${place}  ${halves(bytes)}  |${textOf(bytes, isPrintable)}|\n`;
  },
};

/** Without a direction; the text is padded, and a blank is a dot as well. */
const NCAT: HexFormat = {
  line(bytes, _direction, offset) {
    const place = offset.toString(16).padStart(4, "0");
    const text = textOf(bytes, (byte) => byte !== 0x20 && isPrintable(byte));
    return `${place}   ${halves(bytes)}  ${text.padEnd(WIDTH)}\n`;
  },
  record: 8192, // what ncat reads at a time
};

/** `< 00000000 48 65 … # text` */
const TRADITIONAL: HexFormat = {
  line(bytes, direction, offset) {
    const place = offset.toString(16).padStart(8, "0");
    const hex = hexOf(bytes).padEnd(3 * WIDTH - 1);
    return `${ARROWS[direction]} ${place} ${hex} # ${textOf(bytes, isPrintable)}\n`;
  },
};

export type HexFormatName = "ncx" | "ncat" | "traditional";

/** Each program's own. */
export const HEX_FORMATS: Readonly<Record<HexFormatName, HexFormat>> = {
  ncx: NCX,
  ncat: NCAT,
  traditional: TRADITIONAL,
};

/** Writes the dump of every chunk, line by line: `>` is what was sent, `<` what was received. */
export function hexdump(write: (text: string) => void, format: HexFormat = NCX): Observer {
  const offsets: Record<Direction, number> = { forward: 0, backward: 0 };
  return {
    onData(_connection, direction, chunk) {
      write(formatChunk(chunk, direction, offsets[direction], format).join(""));
      offsets[direction] += chunk.length;
    },
  };
}

/** The dump of one chunk that starts at `offset` of its direction, in lines. */
export function formatChunk(
  chunk: Uint8Array,
  direction: Direction,
  offset: number,
  format: HexFormat = NCX,
): string[] {
  const { record } = format;
  const lines: string[] = [];
  for (let at = 0; at < chunk.length; at += WIDTH) {
    const place = record === undefined ? offset + at : at % record;
    lines.push(format.line(chunk.subarray(at, at + WIDTH), direction, place));
  }
  return lines;
}

/** `68 65 6c 6c 6f 0a 68 65  6c 6c`, blanks where there is no byte. */
function halves(bytes: Uint8Array): string {
  const [left, right] = [bytes.subarray(0, 8), bytes.subarray(8)];
  return `${hexOf(left).padEnd(23)}  ${hexOf(right).padEnd(23)}`;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

function textOf(bytes: Uint8Array, shown: (byte: number) => boolean): string {
  return Array.from(bytes, (byte) => (shown(byte) ? String.fromCharCode(byte) : ".")).join("");
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f;
}

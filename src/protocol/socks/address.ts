/** What the versions of SOCKS have in common: addresses, and what a decoder gives back. */
import { isIP } from "node:net";
import { NcxError, quote } from "../../core/errors.ts";

/** A message, and how many bytes of the input it took. Decoders give undefined while more bytes are needed. */
export interface Decoded<T> {
  readonly value: T;
  readonly size: number;
}

export interface SocksAddress {
  /** A name, or a numeric v4 or v6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Any other number is kept as it came, for a server to refuse. */
export type SocksCommand = "connect" | "bind" | "associate" | number;

/** In both versions 1 is CONNECT and 2 is BIND; RFC 1928 §4 adds 3. */
const COMMANDS: readonly SocksCommand[] = [0, "connect", "bind", "associate"];

export function commandOf(code: number): SocksCommand {
  return COMMANDS[code] ?? code;
}

export function codeOf(command: SocksCommand): number {
  return typeof command === "number" ? command : COMMANDS.indexOf(command);
}

/** A numeric address as its 4 or 16 bytes; undefined for a name. */
export function addressBytes(host: string): Buffer | undefined {
  const family = isIP(host);
  if (family === 4) return Buffer.from(host.split(".").map(Number));
  if (family === 6) return v6Bytes(host.replace(/%.*$/, ""));
  return undefined;
}

/** The text of 4 or 16 bytes. */
export function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join(".");
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16));
  return shortened(groups);
}

/** RFC 5952 §4.2: the longest run of two or more zero groups, the first of equals, is `::`. */
function shortened(groups: readonly string[]): string {
  let start = -1;
  let length = 1;
  for (let at = 0; at < groups.length; at += 1) {
    let run = 0;
    while (groups[at + run] === "0") run += 1;
    if (run > length) [start, length] = [at, run];
  }
  if (start < 0) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}

function v6Bytes(host: string): Buffer {
  // The last 32 bits may be written as a v4 address.
  const text = host.replace(/\d+\.\d+\.\d+\.\d+$/, (v4) => {
    const [a = 0, b = 0, c = 0, d = 0] = v4.split(".").map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [before = "", after] = text.split("::");
  const left = before === "" ? [] : before.split(":");
  const right = after === undefined || after === "" ? [] : after.split(":");
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  const bytes = Buffer.alloc(16);
  [...left, ...zeros, ...right].forEach((group, at) =>
    bytes.writeUInt16BE(Number.parseInt(group, 16), at * 2),
  );
  return bytes;
}

/**
 * A name as its bytes, 1 to 255.
 *
 * @throws {NcxError} ADDRESS
 */
export function nameBytes(host: string): Buffer {
  const bytes = Buffer.from(host);
  if (bytes.length > 0 && bytes.length <= 255 && !bytes.includes(0)) return bytes;
  const state = "a name in SOCKS has 1 to 255 bytes, and no zero byte";
  throw new NcxError("ADDRESS", `Cannot ask a SOCKS proxy for ${quote(host)}: ${state}`, { state });
}

/**
 * The name that a client asked for. Only what a host name or a numeric address can be gets through: it ends up in
 * look-ups, messages and logs.
 *
 * @throws {NcxError} PROTOCOL
 */
export function nameText(bytes: Buffer): string {
  const text = bytes.toString("latin1");
  // As in core/endpoint.ts: visible ASCII, without what has a meaning in addresses.
  if (/^(?:(?![/\\?#@[\]<>"])[!-~])+$/.test(text)) return text;
  throw garbage(text === "" ? "the host name is empty" : "the host name has stray characters");
}

export function portBytes(port: number): Buffer {
  return Buffer.from([port >> 8, port & 0xff]);
}

export function garbage(state: string): NcxError {
  return new NcxError("PROTOCOL", `Cannot read the SOCKS message: ${state}`, { state });
}

/** `0x48` */
export function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}

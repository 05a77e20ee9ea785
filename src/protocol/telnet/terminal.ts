/** What a terminal is, in subnegotiations: type (RFC 1091), speed (RFC 1079), size (RFC 1073), flow control (RFC 1372). */
import { encodeSubnegotiation } from "../telnet.ts";
import { OPTIONS } from "./names.ts";

const IS = 0;
const SEND = 1;

/** Characters that a terminal's name may have. RFC 1091 and RFC 1010. */
const MAX_TERMINAL_NAME = 40;

/** "IS name" or "SEND", of TERMINAL-TYPE and of TERMINAL-SPEED; undefined is neither. */
export type Asked = { readonly is: string } | "send";

/** Reads a TERMINAL-TYPE or TERMINAL-SPEED. All but printable ASCII is left out, and what exceeds 40 characters. */
export function readAsked(bytes: Uint8Array): Asked | undefined {
  if (bytes[0] === SEND) return "send";
  if (bytes[0] !== IS) return undefined;
  const text = Buffer.from(bytes.subarray(1, 1 + 4 * MAX_TERMINAL_NAME)).toString("latin1");
  return { is: text.replaceAll(/[^\x20-\x7e]/g, "").slice(0, MAX_TERMINAL_NAME) };
}

/** The name as TERM may have it, in small letters; undefined where it has anything else but `A-Za-z0-9._+-`. */
export function terminalOf(name: string): string | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9._+-]{0,39}$/.test(name) ? name.toLowerCase() : undefined;
}

export function encodeTerminalType(name: string): Uint8Array {
  return encodeIs(OPTIONS["TERMINAL-TYPE"], name);
}

/** `38400,38400`: baud sent and received. */
export function encodeTerminalSpeed(speed: string): Uint8Array {
  return encodeIs(OPTIONS["TERMINAL-SPEED"], speed);
}

export function askTerminalType(): Uint8Array {
  return encodeSubnegotiation(OPTIONS["TERMINAL-TYPE"], Uint8Array.of(SEND));
}

function encodeIs(option: number, text: string): Uint8Array {
  const plain = text.replaceAll(/[^\x20-\x7e]/g, "").slice(0, MAX_TERMINAL_NAME);
  return encodeSubnegotiation(option, Buffer.from(`\0${plain}`, "latin1"));
}

/** In characters; 0 is "not known". */
export interface WindowSize {
  readonly columns: number;
  readonly rows: number;
}

const MAX_SIDE = 65_535;

/** Reads a NAWS: four bytes, and undefined where they aren't. */
export function readWindowSize(bytes: Uint8Array): WindowSize | undefined {
  const [wide, w, high, h, ...more] = bytes;
  if (wide === undefined || w === undefined || high === undefined || h === undefined)
    return undefined;
  return more.length > 0 ? undefined : { columns: wide * 256 + w, rows: high * 256 + h };
}

export function encodeWindowSize({ columns, rows }: WindowSize): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16BE(clamp(columns), 0);
  bytes.writeUInt16BE(clamp(rows), 2);
  return encodeSubnegotiation(OPTIONS.NAWS, bytes);
}

function clamp(side: number): number {
  return Math.min(Math.max(Math.trunc(side) || 0, 0), MAX_SIDE);
}

/** RFC 1372 §3: flow control off and on, and what starts the output again. */
const FLOW = ["off", "on", "restart-any", "restart-xon"] as const;

export type FlowControl = (typeof FLOW)[number];

export function readFlowControl(bytes: Uint8Array): FlowControl | undefined {
  return bytes.length === 1 ? FLOW[bytes[0] ?? FLOW.length] : undefined;
}

/** SOCKS4 and 4a messages. */
import {
  addressBytes,
  addressText,
  codeOf,
  commandOf,
  garbage,
  hex,
  nameBytes,
  nameText,
  portBytes,
  type Decoded,
  type SocksAddress,
  type SocksCommand,
} from "./address.ts";
import { NcxError } from "../../core/errors.ts";

/** Bytes of a user id, and of a host name, before the zero byte that ends them. */
const LONGEST = 255;
const HEAD = 8;

export const SOCKS4_GRANTED = 90;
export const SOCKS4_REJECTED = 91;

export interface Socks4Request extends SocksAddress {
  readonly command: SocksCommand;
  /** The user id, as latin1 or UTF-8 text; often empty. */
  readonly user: string;
  /** Whether the host was given as a name: SOCKS4a. */
  readonly named: boolean;
}

export interface Socks4Reply {
  readonly code: number;
  /** Where the proxy connects from; only in a reply that grants. */
  readonly bound?: SocksAddress;
}

/**
 * A client's request; a host that is a name makes it SOCKS4a.
 *
 * @throws {NcxError} ADDRESS for a v6 address, which SOCKS4 has no room for; for a user id or name that doesn't fit.
 */
export function encodeRequest4(
  request: SocksAddress & { readonly command?: SocksCommand; readonly user?: string },
): Buffer {
  const { host, port, command = "connect", user = "" } = request;
  const id = Buffer.from(user);
  if (id.length > LONGEST || id.includes(0)) throw unfit("the user id is at most 255 bytes long");
  const address = addressBytes(host);
  if (address?.length === 16) throw unfit("SOCKS4 has no v6 addresses");
  // 4a: an address of 0.0.0.x, x not 0, says that the name follows the user id.
  const place = address ?? Buffer.from([0, 0, 0, 1]);
  const head = [Buffer.from([4, codeOf(command)]), portBytes(port), place, id, Buffer.of(0)];
  return Buffer.concat(address ? head : [...head, nameBytes(host), Buffer.of(0)]);
}

/** @throws {NcxError} PROTOCOL */
export function decodeRequest4(input: Buffer): Decoded<Socks4Request> | undefined {
  const [version, command] = input;
  if (version === undefined) return undefined;
  if (version !== 4) throw garbage(`the version is ${hex(version)}, not 4`);
  if (command === undefined || input.length < HEAD) return undefined;
  const user = untilZero(input, HEAD, "user id");
  if (!user) return undefined;
  const port = input.readUInt16BE(2);
  const address = input.subarray(4, HEAD);
  const named = address.readUInt32BE(0) > 0 && address.readUInt32BE(0) <= 255;
  const name = named ? untilZero(input, user.end, "host name") : undefined;
  if (named && !name) return undefined;
  const host = name ? nameText(name.bytes) : addressText(address);
  return {
    value: { command: commandOf(command), host, port, user: user.bytes.toString(), named },
    size: (name ?? user).end,
  };
}

export function encodeReply4(code: number, bound?: SocksAddress): Buffer {
  const address = bound && addressBytes(bound.host);
  const place = address?.length === 4 ? address : Buffer.alloc(4);
  return Buffer.concat([Buffer.from([0, code]), portBytes(bound?.port ?? 0), place]);
}

/** A reply that refuses is known by its first two bytes: many proxies hang up after them. @throws {NcxError} PROTOCOL */
export function decodeReply4(input: Buffer): Decoded<Socks4Reply> | undefined {
  const [version, code] = input;
  if (version === undefined) return undefined;
  // It should be 0; some send their own version.
  if (version !== 0 && version !== 4) throw garbage(`the reply begins with ${hex(version)}, not 0`);
  if (code === undefined) return undefined;
  if (code < SOCKS4_GRANTED || code > 93) throw garbage(`the reply code is ${code}`);
  if (code !== SOCKS4_GRANTED) return { value: { code }, size: 2 };
  if (input.length < HEAD) return undefined;
  const bound = { host: addressText(input.subarray(4, HEAD)), port: input.readUInt16BE(2) };
  return { value: { code, bound }, size: HEAD };
}

const STATES: Record<number, string> = {
  90: "Request granted",
  91: "Request rejected or failed",
  92: "Request rejected, as the proxy cannot reach identd on the client",
  93: "Request rejected, as the user id is not the one that identd reports",
};

/** A reply code in words. */
export function stateOf4(code: number): string {
  return STATES[code] ?? `Request rejected with the unknown code ${code}`;
}

function untilZero(
  input: Buffer,
  start: number,
  what: string,
): { readonly bytes: Buffer; readonly end: number } | undefined {
  const end = input.subarray(start, start + LONGEST + 1).indexOf(0);
  if (end >= 0) return { bytes: input.subarray(start, start + end), end: start + end + 1 };
  if (input.length - start > LONGEST) throw garbage(`the ${what} is longer than ${LONGEST} bytes`);
  return undefined;
}

function unfit(state: string): NcxError {
  return new NcxError("ADDRESS", `Cannot ask a SOCKS4 proxy: ${state}`, { state });
}

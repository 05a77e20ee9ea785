/** SOCKS5 messages. RFC 1928; RFC 1929 for user and password. */
import { NcxError } from "../../core/errors.ts";
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

/** RFC 1928 §3: methods of authentication. */
export const SOCKS5_NO_AUTH = 0x00;
export const SOCKS5_PASSWORD = 0x02;
export const SOCKS5_NO_METHOD = 0xff;

/** RFC 1928 §5: types of address. */
const V4 = 1;
const NAME = 3;
const V6 = 4;

export interface Socks5Request extends SocksAddress {
  readonly command: SocksCommand;
  /** Whether the host came as a name: such a one is to be looked up by the proxy. */
  readonly named: boolean;
}

export interface Socks5Reply {
  readonly code: number;
  /** Where the proxy connects from; only in a reply that grants. */
  readonly bound?: SocksAddress;
}

export interface UserPassword {
  readonly user: string;
  readonly password: string;
}

/** A client's first message: the methods that it can do. */
export function encodeGreeting5(methods: readonly number[]): Buffer {
  return Buffer.from([5, methods.length, ...methods]);
}

/** @throws {NcxError} PROTOCOL */
export function decodeGreeting5(input: Buffer): Decoded<readonly number[]> | undefined {
  const [version, count] = input;
  checkVersion(version, 5);
  if (count === undefined || input.length < 2 + count) return undefined;
  return { value: [...input.subarray(2, 2 + count)], size: 2 + count };
}

/** The server's choice of method. */
export function encodeMethod5(method: number): Buffer {
  return Buffer.from([5, method]);
}

/** @throws {NcxError} PROTOCOL */
export function decodeMethod5(input: Buffer): Decoded<number> | undefined {
  const [version, method] = input;
  checkVersion(version, 5);
  return method === undefined ? undefined : { value: method, size: 2 };
}

/** RFC 1929 §2. @throws {NcxError} ADDRESS when one of the two is longer than 255 bytes. */
export function encodePassword5({ user, password }: UserPassword): Buffer {
  const [name, secret] = [Buffer.from(user), Buffer.from(password)];
  if (name.length > 255 || secret.length > 255) {
    const state = "user and password are at most 255 bytes long each";
    throw new NcxError("ADDRESS", `Cannot log in to a SOCKS5 proxy: ${state}`, { state });
  }
  return Buffer.concat([Buffer.from([1, name.length]), name, Buffer.from([secret.length]), secret]);
}

/** @throws {NcxError} PROTOCOL */
export function decodePassword5(input: Buffer): Decoded<UserPassword> | undefined {
  const [version, nameLength] = input;
  checkVersion(version, 1);
  if (nameLength === undefined) return undefined;
  const at = 2 + nameLength;
  const secretLength = input[at];
  if (secretLength === undefined || input.length < at + 1 + secretLength) return undefined;
  const user = input.toString("utf8", 2, at);
  const password = input.toString("utf8", at + 1, at + 1 + secretLength);
  return { value: { user, password }, size: at + 1 + secretLength };
}

/** The server's answer to user and password; after a refusal it hangs up. */
export function encodePasswordReply5(accepted: boolean): Buffer {
  return Buffer.from([1, accepted ? 0 : 1]);
}

/** Whether the server took them. @throws {NcxError} PROTOCOL */
export function decodePasswordReply5(input: Buffer): Decoded<boolean> | undefined {
  const [version, status] = input;
  // RFC 1929 §2 says 1; some servers answer with the 5 of SOCKS.
  if (version !== 5) checkVersion(version, 1);
  return status === undefined ? undefined : { value: status === 0, size: 2 };
}

/** RFC 1928 §4. @throws {NcxError} ADDRESS for a name that doesn't fit. */
export function encodeRequest5(
  request: SocksAddress & { readonly command?: SocksCommand },
): Buffer {
  const { host, port, command = "connect" } = request;
  return Buffer.concat([Buffer.from([5, codeOf(command), 0]), placeBytes(host), portBytes(port)]);
}

/** @throws {NcxError} PROTOCOL */
export function decodeRequest5(input: Buffer): Decoded<Socks5Request> | undefined {
  const [version, command] = input;
  checkVersion(version, 5);
  if (command === undefined) return undefined;
  const place = decodePlace(input);
  if (!place) return undefined;
  const { bytes, port, size } = place;
  const named = place.type === NAME;
  const host = named ? nameText(bytes) : addressText(bytes);
  return { value: { command: commandOf(command), host, port, named }, size };
}

/** RFC 1928 §6. `bound` is where the proxy connects from; without it all zeros. */
export function encodeReply5(code: number, bound?: SocksAddress): Buffer {
  const address = (bound && addressBytes(bound.host)) ?? Buffer.alloc(4);
  const type = address.length === 4 ? V4 : V6;
  return Buffer.concat([Buffer.from([5, code, 0, type]), address, portBytes(bound?.port ?? 0)]);
}

/** A reply that refuses is known by its first two bytes: many proxies hang up after them. @throws {NcxError} PROTOCOL */
export function decodeReply5(input: Buffer): Decoded<Socks5Reply> | undefined {
  const [version, code] = input;
  checkVersion(version, 5);
  if (code === undefined) return undefined;
  if (code !== 0) return { value: { code }, size: 2 };
  const place = decodePlace(input);
  if (!place) return undefined;
  const { bytes, port, size, type } = place;
  // A name here is for nobody to look up, and some proxies send an empty one.
  const host = type === NAME ? bytes.toString("latin1") : addressText(bytes);
  return { value: { code, bound: { host, port } }, size };
}

const STATES: readonly string[] = [
  "Request granted",
  "General failure of the proxy",
  "Connection not allowed by the rules of the proxy",
  "Network unreachable",
  "Host unreachable",
  "Connection refused by the destination",
  "Time to live expired",
  "Command not supported by the proxy",
  "Address type not supported by the proxy",
];

/** A reply code in words. */
export function stateOf5(code: number): string {
  return STATES[code] ?? `Request rejected with the unknown code ${code}`;
}

function placeBytes(host: string): Buffer {
  const address = addressBytes(host);
  if (address) return Buffer.concat([Buffer.of(address.length === 4 ? V4 : V6), address]);
  const name = nameBytes(host);
  return Buffer.concat([Buffer.from([NAME, name.length]), name]);
}

/** RFC 1928 §5: after three bytes an address whose length its type tells, then the port. */
function decodePlace(
  input: Buffer,
):
  | { readonly type: number; readonly bytes: Buffer; readonly port: number; readonly size: number }
  | undefined {
  const [, , , type, nameLength] = input;
  if (type === undefined) return undefined;
  if (type !== V4 && type !== V6 && type !== NAME) throw garbage(`the address type is ${type}`);
  if (nameLength === undefined) return undefined;
  const start = type === NAME ? 5 : 4;
  const length = type === NAME ? nameLength : type === V4 ? 4 : 16;
  const end = start + length;
  if (input.length < end + 2) return undefined;
  return { type, bytes: input.subarray(start, end), port: input.readUInt16BE(end), size: end + 2 };
}

function checkVersion(version: number | undefined, expected: number): void {
  if (version === undefined || version === expected) return;
  throw garbage(`it begins with ${hex(version)}, not ${expected}`);
}

/** What a caller of the library passes. A wrong type or range is a programmer's mistake: TypeError, RangeError. */
import { parseEndpoint, type Endpoint, type ParseEndpointOptions } from "./endpoint.ts";
import { quote } from "./errors.ts";

/** Options in milliseconds, wherever they occur. */
const TIMES = [
  "timeout",
  "connectTimeout",
  "retryDelay",
  "idle",
  "udpIdle",
  "keepAlive",
  "handshakeTimeout",
] as const;
/** Options that count something; Infinity is no limit. */
const COUNTS = [
  "retries",
  "maxConns",
  "maxConnsPerIp",
  "maxAccepts",
  "acceptRate",
  "maxRedirects",
  "maxBody",
] as const;
/** setTimeout's own limit: 2^31 - 1 ms. */
const LONGEST = 2 ** 31 - 1;

/**
 * The endpoint that is meant by a text, or by an object, which is checked.
 *
 * @throws {NcxError} ADDRESS when the text names no place.
 */
export function toEndpoint(place: Endpoint | string, options?: ParseEndpointOptions): Endpoint {
  if (typeof place === "string") return parseEndpoint(place, options);
  checkEndpoint(place);
  return place;
}

export function checkEndpoint(place: unknown): asserts place is Endpoint {
  if (typeof place !== "object" || place === null)
    throw new TypeError(`An endpoint must be a string or an object, not ${show(place)}`);
  const { kind, host, port, path, name, over, command } = place as Readonly<
    Record<string, unknown>
  >;
  switch (kind) {
    case "tcp":
    case "udp":
      checkText(`The host of a ${kind} endpoint`, host);
      return checkPort(port);
    case "unix":
    case "unixgram":
      return checkText(`The path of a ${kind} endpoint`, path);
    case "exec":
    case "pty":
      return checkCommand(kind, command);
    case "sh":
      return checkText("The command of a sh endpoint", command);
    case "tls":
    case "dtls":
      return checkEndpoint(over);
    case "memory":
      return checkText("The name of a memory endpoint", name);
    case "stdio":
      return;
    default:
      throw new TypeError(
        `The kind of an endpoint must be tcp, udp, unix, unixgram, tls, dtls, exec, sh, pty, stdio or memory, not ${show(kind)}`,
      );
  }
}

/** Checks the numbers that options of several rooms have in common. */
export function checkOptions(options: unknown): void {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`The options must be an object, not ${show(options)}`);
  const values = options as Readonly<Record<string, unknown>>;
  for (const name of TIMES) {
    const value = values[name];
    if (value === undefined) continue;
    checkNumber(name, value);
    if (!Number.isInteger(value) || value < 0 || value > LONGEST)
      throw new RangeError(`${name} must be whole milliseconds from 0 to ${LONGEST}, not ${value}`);
  }
  const { rateLimit } = values;
  if (rateLimit !== undefined) {
    checkNumber("rateLimit", rateLimit);
    if (!(rateLimit >= 1)) throw new RangeError(`rateLimit must be 1 or more, not ${rateLimit}`);
  }
  for (const name of COUNTS) {
    const value = values[name];
    if (value === undefined) continue;
    checkNumber(name, value);
    if (!(value >= 0)) throw new RangeError(`${name} must be 0 or more, not ${value}`);
  }
}

function checkText(subject: string, value: unknown): void {
  if (typeof value !== "string")
    throw new TypeError(`${subject} must be a string, not ${show(value)}`);
}

function checkCommand(kind: string, value: unknown): void {
  if (!Array.isArray(value) || value.length === 0)
    throw new TypeError(`The command of a ${kind} endpoint must be an array of words`);
  for (const word of value) checkText(`A word of the command of a ${kind} endpoint`, word);
  if (value[0] === "") throw new TypeError(`The program of a ${kind} endpoint must have a name`);
}

function checkPort(value: unknown): void {
  checkNumber("The port of an endpoint", value);
  if (!Number.isInteger(value) || value < 0 || value > 65535)
    throw new RangeError(`The port of an endpoint must be 0-65535, not ${value}`);
}

function checkNumber(subject: string, value: unknown): asserts value is number {
  if (typeof value !== "number")
    throw new TypeError(`${subject} must be a number, not ${show(value)}`);
}

function show(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

import { describe, expect, test } from "vitest";
import { checkOptions, toEndpoint } from "../../../src/core/arguments.ts";
import type { Endpoint } from "../../../src/core/endpoint.ts";
import { bind, connect, dial, listen, relay, request } from "../../../src/index.ts";

describe("toEndpoint()", () => {
  test.each<Endpoint>([
    { kind: "tcp", host: "host", port: 65535 },
    { kind: "udp", host: "*", port: 0 },
    { kind: "unix", path: "@name" },
    { kind: "tls", over: { kind: "tcp", host: "host", port: 443 } },
    { kind: "memory", name: "m" },
    { kind: "stdio" },
  ])("gives $kind as it is", (endpoint) => expect(toEndpoint(endpoint)).toBe(endpoint));

  test.each<[place: unknown, mistake: Error]>([
    [42, new TypeError("An endpoint must be a string or an object, not 42")],
    [undefined, new TypeError("An endpoint must be a string or an object, not undefined")],
    [null, new TypeError("An endpoint must be a string or an object, not null")],
    [
      { kind: "constructor" },
      new TypeError(
        'The kind of an endpoint must be tcp, udp, unix, unixgram, tls, dtls, exec, sh, pty, stdio or memory, not "constructor"',
      ),
    ],
    [
      { kind: "tcp", port: 80 },
      new TypeError("The host of a tcp endpoint must be a string, not undefined"),
    ],
    [
      { kind: "udp", host: "host", port: "80" },
      new TypeError('The port of an endpoint must be a number, not "80"'),
    ],
    [
      { kind: "tcp", host: "host", port: 65536 },
      new RangeError("The port of an endpoint must be 0-65535, not 65536"),
    ],
    [
      { kind: "unix" },
      new TypeError("The path of a unix endpoint must be a string, not undefined"),
    ],
    [
      { kind: "tls", over: "host:443" },
      new TypeError('An endpoint must be a string or an object, not "host:443"'),
    ],
    [
      { kind: "memory", name: {} },
      new TypeError("The name of a memory endpoint must be a string, not an object"),
    ],
  ])("refuses %j", (place, mistake) => {
    // What TypeScript would refuse is what plain JavaScript may pass.
    expect(thrownBy(() => toEndpoint(place as Endpoint))).toEqual(mistake);
  });
});

describe("checkOptions()", () => {
  test.each([
    {},
    { timeout: 0, idle: 2 ** 31 - 1 },
    { maxConns: Infinity, retries: 3 },
    { timeout: undefined },
    { another: "x" },
  ])("takes %j", (options) => expect(thrownBy(() => checkOptions(options))).toBeUndefined());

  test.each<[options: unknown, mistake: Error]>([
    ["3", new TypeError('The options must be an object, not "3"')],
    [null, new TypeError("The options must be an object, not null")],
    [{ timeout: "x" }, new TypeError('timeout must be a number, not "x"')],
    [
      { timeout: -1 },
      new RangeError("timeout must be whole milliseconds from 0 to 2147483647, not -1"),
    ],
    [
      { idle: Infinity },
      new RangeError("idle must be whole milliseconds from 0 to 2147483647, not Infinity"),
    ],
    [{ retries: NaN }, new RangeError("retries must be 0 or more, not NaN")],
    [{ maxConns: true }, new TypeError("maxConns must be a number, not true")],
  ])("refuses %j", (options, mistake) => {
    expect(thrownBy(() => checkOptions(options))).toEqual(mistake);
  });
});

/** Promises, not throws; and not the NcxError that a failed dial is. */
test.each<[call: string, act: () => Promise<unknown>, mistake: typeof TypeError]>([
  ["connect(42)", () => connect(42 as never), TypeError],
  ["connect(…, { timeout: -1 })", () => connect("host:1", { timeout: -1 }), RangeError],
  ["dial(42)", () => dial(42 as never), TypeError],
  ["bind({ kind: nope })", () => bind({ kind: "nope" } as never), TypeError],
  ["listen({ kind: nope })", () => listen({ kind: "nope" } as never), TypeError],
  ["listen(…, text)", () => listen("127.0.0.1:0", "x" as never), TypeError],
  ["relay(…, 42)", () => relay("127.0.0.1:0", 42 as never), TypeError],
  ["relay(…, …, text)", () => relay("127.0.0.1:0", "127.0.0.1:1", "3" as never), TypeError],
  [
    "relay(…, …, { dial: { timeout: -1 } })",
    () => relay("127.0.0.1:0", "127.0.0.1:1", { dial: { timeout: -1 } }),
    RangeError,
  ],
  ["request(…, { timeout: -1 })", () => request("http://127.0.0.1:1", { timeout: -1 }), RangeError],
])("%s rejects with a programmer's mistake", async (_call, act, mistake) => {
  await expect(act()).rejects.toBeInstanceOf(mistake);
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}

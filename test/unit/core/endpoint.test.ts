import { describe, expect, test } from "vitest";
import {
  type Endpoint,
  formatEndpoint,
  formatHostPort,
  type ParseEndpointOptions,
  parseEndpoint,
  parseHost,
  parsePort,
} from "../../../src/core/endpoint.ts";
import { NcxError } from "../../../src/core/errors.ts";

const services: Record<string, number> = { "http/tcp": 80, "http/udp": 80, "tftp/udp": 69 };
const service = (name: string, protocol: "tcp" | "udp"): number | undefined =>
  services[`${name}/${protocol}`];
const tcp = (host: string, port: number): Endpoint => ({ kind: "tcp", host, port });
const udp = (host: string, port: number): Endpoint => ({ kind: "udp", host, port });
const unix = (path: string): Endpoint => ({ kind: "unix", path });

function failure(act: () => unknown): NcxError {
  try {
    act();
  } catch (error) {
    if (error instanceof NcxError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

describe("parseEndpoint() reads", () => {
  test.each<[text: string, endpoint: Endpoint]>([
    ["host:80", tcp("host", 80)],
    ["host:0", tcp("host", 0)],
    ["host:65535", tcp("host", 65535)],
    ["127.0.0.1:08080", tcp("127.0.0.1", 8080)],
    ["*:80", tcp("*", 80)],
    ["[::1]:80", tcp("::1", 80)],
    ["[fe80::1%eth0]:80", tcp("fe80::1%eth0", 80)],
    ["tcp:host:80", tcp("host", 80)],
    ["tcp://host:80", tcp("host", 80)],
    ["TCP://Host:80", tcp("Host", 80)],
    ["tcp:80:80", tcp("80", 80)],
    ["tcp:tcp:80", tcp("tcp", 80)],
    ["ws:80", tcp("ws", 80)],
    ["udp:host:53", udp("host", 53)],
    ["udp://[::1]:53", udp("::1", 53)],
    ["unix:/run/a.sock", unix("/run/a.sock")],
    ["unix:///run/a.sock", unix("/run/a.sock")],
    ["unix:a.sock", unix("a.sock")],
    ["unix:@name", unix("@name")],
    ["unix:-", unix("-")],
    ["/run/a:80", unix("/run/a:80")],
    ["./a.sock", unix("./a.sock")],
    ["../a.sock", unix("../a.sock")],
    ["@name", unix("@name")],
    ["\\\\.\\pipe\\name", unix("\\\\.\\pipe\\name")],
    ["unix:\\\\.\\pipe\\name", unix("\\\\.\\pipe\\name")],
    ["tls:host:443", { kind: "tls", over: tcp("host", 443) }],
    ["tls://host:443", { kind: "tls", over: tcp("host", 443) }],
    ["tls:unix:/run/a.sock", { kind: "tls", over: unix("/run/a.sock") }],
    [
      "tls:host:443?servername=a.test",
      { kind: "tls", over: tcp("host", 443), servername: "a.test" },
    ],
    ["tls:tls:host:443", { kind: "tls", over: { kind: "tls", over: tcp("host", 443) } }],
    ["-", { kind: "stdio" }],
    ["stdio:", { kind: "stdio" }],
    ["memory:name", { kind: "memory", name: "name" }],
  ])("%s", (text, endpoint) => expect(parseEndpoint(text)).toEqual(endpoint));

  test.each<[text: string, options: ParseEndpointOptions, endpoint: Endpoint]>([
    ["8080", { host: "*" }, tcp("*", 8080)],
    [":8080", { host: "127.0.0.1" }, tcp("127.0.0.1", 8080)],
    ["udp:5353", { host: "*" }, udp("*", 5353)],
    ["5353", { host: "*", kind: "udp" }, udp("*", 5353)],
    ["tcp:80", { host: "*", kind: "udp" }, tcp("*", 80)],
    ["http", { host: "*", service }, tcp("*", 80)],
    ["udp:tftp", { host: "*", service }, udp("*", 69)],
    ["tftp", { host: "*", kind: "udp", service }, udp("*", 69)],
    ["host:http", { service }, tcp("host", 80)],
    ["tls:443", { host: "*" }, { kind: "tls", over: tcp("*", 443) }],
  ])("%s with %j", (text, options, endpoint) =>
    expect(parseEndpoint(text, options)).toEqual(endpoint),
  );
});

describe("parseEndpoint() refuses", () => {
  test.each([
    ["", "it is empty"],
    ["tcp:", "it is empty"],
    ["host", "the port is missing"],
    ["host:", "the port is missing"],
    ["http x", "the port is missing"],
    ["80", "the host is missing"],
    [":80", "the host is missing"],
    ["host:65536", "port must be 0-65535"],
    ["host:-1", "port must be 0-65535"],
    ["host:+1", "port must be 0-65535"],
    ["host:8e1", "port must be 0-65535"],
    ["host: 80", "port must be 0-65535"],
    ["host:٣", "port must be 0-65535"],
    ["-1", "port must be 0-65535"],
    ["host:http x", "port must be 0-65535"],
    ["http x:80", 'the host has a stray " "'],
    ["user@host:80", 'the host has a stray "@"'],
    ["[]:80", "the host is empty"],
    ["[::1", 'a "]" is missing'],
    ["[::1:80", 'a "]" is missing'],
    ["[::1]", "the port is missing"],
    ["[::1]80", "the port is missing"],
    ["[host]:80", "only a v6 address goes in brackets"],
    ["::1", "a v6 address needs brackets before a port"],
    ["::1:80", "a v6 address needs brackets before a port"],
    ["http://host:80", '"http:" is no kind of address'],
    ["http://host", '"http:" is no kind of address'],
    ["a b:c:80", "it has too many colons"],
    ["h\uFFFDst:80", "it is not valid UTF-8"],
    ["unix:/run/\uFFFD", "it is not valid UTF-8"],
    ["unix:", "the path is empty"],
    ["@", "the path is empty"],
    ["unix:/a\0b", "the path has a NUL"],
    ["stdio:x", "stdio takes nothing after it"],
    ["memory:", "a memory endpoint needs a name"],
    ["tls:", "it is empty"],
    ["tls:host", "the port is missing"],
    [`${"tls:".repeat(20_000)}host:443`, "it has more than 8 layers of TLS"],
    [`${"x".repeat(300)}:80`, "the host is longer than 253 characters"],
    [`host:${"1".repeat(300)}`, "port must be 0-65535"],
    ["x".repeat(300), "the port is missing"],
  ])("%.40j: %s", (text, state) => {
    const error = failure(() => parseEndpoint(text));
    expect(error.code).toBe("ADDRESS");
    expect(error.message).toMatch(/^Cannot parse address ".*": /);
    expect(error.message.endsWith(`: ${state}`)).toBe(true);
    expect(error.message.length).toBeLessThan(160);
    expect(error.hint).toMatch(/^use /);
  });

  test.each(["65536", "99999999"])("%s where a host is given", (text) => {
    expect(failure(() => parseEndpoint(text, { host: "*" })).message).toContain(
      "port must be 0-65535",
    );
  });

  test("an unknown service", () => {
    expect(failure(() => parseEndpoint("host:nope", { service })).code).toBe("ADDRESS");
  });

  test("kinds that are to come, by name", () => {
    const error = failure(() => parseEndpoint("ws:cat"));
    expect([error.code, error.message]).toEqual([
      "UNSUPPORTED",
      'Cannot parse address "ws:cat": ws: is not yet there',
    ]);
  });

  test.each([
    ["http://joe:s3cret@127.0.0.1/", "http://joe:…@127.0.0.1/"],
    ["https://joe:s/3@cret@host", "https://joe:…@host"],
    ["joe:s3cret@host:80", "joe:…@host:80"],
    ["tls:tcp://joe:s3cret@host:80", "tcp://joe:…@host:80"],
    ["socks5://joe:s3cret@host:80", "socks5://joe:…@host:80"],
    ["unix:@\0x", "unix:@\\0x"],
  ])("%j without showing a password", (text, shown) => {
    const { message } = failure(() => parseEndpoint(text));
    expect(message).toContain(`Cannot parse address "${shown}": `);
    expect(message).not.toContain("cret");
  });

  test.each(["http://host/", "HTTPS://host:443", "http://joe:x@host"])(
    "%s with a hint of the command for it",
    (text) => {
      expect(failure(() => parseEndpoint(text)).hint).toBe(
        "use host:port, or `ncx http URL` for a web address",
      );
    },
  );

  test("with a message of one line", () => {
    expect(failure(() => parseEndpoint("a\nb\u001B[2J:80")).message).toMatch(/^[^\n\u001B]*$/);
  });
});

describe("formatEndpoint() writes", () => {
  test.each<[endpoint: Endpoint, text: string]>([
    [tcp("host", 80), "tcp:host:80"],
    [udp("::1", 53), "udp:[::1]:53"],
    [unix("/run/a.sock"), "unix:/run/a.sock"],
    [unix("///run/a.sock"), "unix://///run/a.sock"],
    [
      { kind: "tls", over: tcp("host", 443), servername: "a.test" },
      "tls:tcp:host:443?servername=a.test",
    ],
    [{ kind: "stdio" }, "stdio:"],
    [{ kind: "memory", name: "m" }, "memory:m"],
  ])("%j", (endpoint, text) => expect(formatEndpoint(endpoint)).toBe(text));
});

test("formatHostPort() puts only v6 in brackets", () => {
  expect([formatHostPort("::1", 80), formatHostPort("host", 80)]).toEqual(["[::1]:80", "host:80"]);
});

describe("parsePort()", () => {
  test.each([
    ["0", 0],
    ["80", 80],
    ["00080", 80],
    ["65535", 65535],
  ])("reads %s", (text, port) => expect(parsePort(text)).toBe(port));

  test.each([
    ["65536", "out of range"],
    ["-1", "out of range"],
    ["123456789012345678901234567890", "out of range"],
    ["", "not a number or a known service"],
    ["http x", "not a number or a known service"],
    ["1.5", "not a number or a known service"],
    ["0x50", "not a number or a known service"],
    ["\uFFFD", "not a number or a known service"],
  ])("refuses %j: %s", (text, state) => {
    const error = failure(() => parsePort(text));
    expect([error.code, error.message, error.hint]).toEqual([
      "ADDRESS",
      `Cannot parse port "${text}": ${state}`,
      state === "out of range"
        ? "a port is 0-65535"
        : "a port is 0-65535, or a name that ncx services lists",
    ]);
  });
});

describe("parseHost()", () => {
  test.each([
    ["localhost", "localhost"],
    ["127.0.0.1", "127.0.0.1"],
    ["[::1]", "::1"],
    ["::1", "::1"],
    ["bücher.example", "bücher.example"],
    ["a".repeat(253), "a".repeat(253)],
  ])("reads %.40s", (text, host) => expect(parseHost(text)).toBe(host));

  test.each([
    "",
    "[]",
    "[x]",
    "[::1",
    "::1]",
    "a:b",
    "a b",
    "a\tb",
    "a\0b",
    "a/b",
    "\uFFFD",
    "a".repeat(254),
  ])("refuses %.40j", (text) => expect(failure(() => parseHost(text)).code).toBe("ADDRESS"));
});

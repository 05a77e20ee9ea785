import { expect, test } from "vitest";
import { formatTarget, parseStatus, parseTarget } from "../../../src/wait/index.ts";

test.each([
  ["db:5432", "tcp:db:5432"],
  [":8080", "tcp:localhost:8080"],
  ["8080", "tcp:localhost:8080"],
  ["[::1]:80", "tcp:[::1]:80"],
  ["tls:host:443", "tls:tcp:host:443"],
  ["udp:host:53", "udp:host:53"],
  ["unix:/x.sock", "unix:/x.sock"],
  ["/x.sock", "unix:/x.sock"],
  ["http://:8080/health", "http://localhost:8080/health"],
  ["http:///health", "http://localhost/health"],
  ["https://host", "https://host/"],
  ["http://joe:secret@host/x?y=1#z", "http://host/x?y=1"],
])("parseTarget(): %s is %s", (given, expected) => {
  expect(formatTarget(parseTarget(given))).toBe(expected);
});

test("parseTarget() keeps credentials apart from the URL, as a header", () => {
  expect(parseTarget("http://joe:se%20cret@host/")).toMatchObject({
    kind: "http",
    authorization: `Basic ${Buffer.from("joe:se cret").toString("base64")}`,
  });
});

test("parseTarget() dials https over TLS, by name", () => {
  expect(parseTarget("https://[::1]:8443/").endpoint).toEqual({
    kind: "tls",
    over: { kind: "tcp", host: "::1", port: 8443 },
    servername: "::1",
  });
});

test.each(["", "host", "exec:cat", "stdio:", "http://host:99999/", "host:70000", "dtls:host:1"])(
  "parseTarget() refuses %j",
  (text) => {
    expect(() => parseTarget(text)).toThrow(expect.objectContaining({ code: "ADDRESS" }));
  },
);

test("parseTarget() shows no password of a URL that it cannot read", () => {
  expect(() => parseTarget("http://joe:secret@host:x/")).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining("secret") }),
  );
});

test.each([
  ["200", [[200, 200]]],
  ["2xx", [[200, 299]]],
  [
    "200-299,404",
    [
      [200, 299],
      [404, 404],
    ],
  ],
  [
    "2XX,5xx",
    [
      [200, 299],
      [500, 599],
    ],
  ],
])("parseStatus(): %s", (given, expected) => {
  expect(parseStatus(given).map(({ first, last }) => [first, last])).toEqual(expected);
});

test.each(["", "20", "600", "299-200", "2xx-300", "ok"])("parseStatus() refuses %j", (text) => {
  expect(() => parseStatus(text)).toThrow(expect.objectContaining({ code: "USAGE" }));
});

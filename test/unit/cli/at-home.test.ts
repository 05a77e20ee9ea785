import { expect, test } from "vitest";
import { parseEndpoint } from "../../../src/core/endpoint.ts";
import { isAtHome } from "../../../src/cli/target.ts";

test.each([
  ["tcp:localhost:1", true],
  ["tcp:LOCALHOST:1", true],
  ["tcp:127.3.2.1:1", true],
  ["tcp:[::1]:1", true],
  ["tcp:[0:0::1]:1", true],
  ["tcp:[::ffff:127.0.0.1]:1", true],
  ["tcp:[::ffff:7f00:1]:1", true],
  ["tls:tcp:127.0.0.1:1", true],
  ["dtls:127.0.0.1:1", true],
  ["unix:/run/a.sock", true],
  ["tls:unix:/run/a.sock", true],
  ["unixgram:/run/a.sock", true],
  ["tcp:*:1", false],
  ["tcp:0.0.0.0:1", false],
  ["tcp:[::]:1", false],
  ["tcp:[::2]:1", false],
  ["tcp:[::ffff:10.0.0.1]:1", false],
  ["tcp:127.example:1", false],
  ["dtls:10.0.0.1:1", false],
  ["tls:tcp:10.0.0.1:1", false],
])("%s: only this machine can reach it: %s", (text, home) => {
  expect(isAtHome(parseEndpoint(text))).toBe(home);
});

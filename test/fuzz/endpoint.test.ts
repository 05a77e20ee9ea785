import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Endpoint,
  formatEndpoint,
  parseEndpoint,
  parseHost,
} from "../../src/core/endpoint.ts";
import { NcxError } from "../../src/core/errors.ts";
import { parsePortRanges } from "../../src/core/ranges.ts";

const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom("*", "tcp", "unix", "tls", "ws", "80", "fe80::1%eth0", "::ffff:127.0.0.1"),
);
const port = fc.nat({ max: 65535 });

// A path may be anything but empty, a bare "@", or what tells of a name that was not UTF-8.
const path = fc
  .oneof(
    fc.string({ minLength: 1, unit: "binary" }),
    fc
      .array(
        fc.constantFrom(
          "/",
          "//",
          ":",
          "@",
          "a",
          ".",
          "-",
          "tls:",
          "unix:",
          "?servername=",
          "\\\\.\\pipe\\",
        ),
        {
          minLength: 1,
          maxLength: 8,
        },
      )
      .map((parts) => parts.join("")),
  )
  .filter((text) => text !== "@" && !/[\0\uFFFD]/.test(text));

const carrier: fc.Arbitrary<Endpoint> = fc.oneof(
  fc.record({ kind: fc.constant("tcp" as const), host, port }),
  fc.record({ kind: fc.constant("udp" as const), host, port }),
  fc.record({ kind: fc.constant("unix" as const), path }),
  fc.constant({ kind: "stdio" } as const),
  fc.record({
    kind: fc.constant("memory" as const),
    name: fc.string({ minLength: 1, unit: "binary" }),
  }),
);

const endpoint: fc.Arbitrary<Endpoint> = fc
  .tuple(carrier, fc.array(fc.option(fc.domain(), { nil: undefined }), { maxLength: 8 }))
  .map(([over, layers]) => layers.reduce(overlay, over));

function overlay(over: Endpoint, servername: string | undefined): Endpoint {
  return servername === undefined ? { kind: "tls", over } : { kind: "tls", over, servername };
}

/** Text that looks like an endpoint, more often than chance would have it. */
const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 400 }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          ..."[]:/@.-%*?\0\uFFFD\\",
          "::",
          "tcp:",
          "udp:",
          "unix:",
          "tls:",
          "ws:",
          "//",
          "?servername=",
        ),
        fc.constantFrom("80", "65536", "-1", "http", "127.0.0.1", "::1", "x".repeat(300)),
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join("")),
);

const options = fc.record(
  {
    host: fc.constant("*"),
    kind: fc.constantFrom("tcp" as const, "udp" as const),
    service: fc.constant(() => 80),
  },
  { requiredKeys: [] },
);

test("parseEndpoint(formatEndpoint(e)) equals e", () => {
  fc.assert(
    fc.property(endpoint, (given) => {
      expect(parseEndpoint(formatEndpoint(given))).toEqual(given);
    }),
    { numRuns: 2000 },
  );
});

test("parseEndpoint() of any text gives what formats back to itself, or an NcxError of one line", () => {
  fc.assert(
    fc.property(hostile, options, (text, given) => {
      const parsed = attempt(() => parseEndpoint(text, given));
      if (parsed !== undefined) expect(parseEndpoint(formatEndpoint(parsed))).toEqual(parsed);
    }),
    { numRuns: 5000 },
  );
});

test("parseHost() and parsePortRanges() of any text give a value or an NcxError of one line", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      attempt(() => parseHost(text));
      attempt(() => parsePortRanges(text));
    }),
    { numRuns: 2000 },
  );
});

// The longest argument that Linux passes is 128 KiB: a parser that takes quadratic time would show here as a hang.
test.each([
  "[",
  ":",
  "a",
  "1",
  "tls:",
  "tls://",
  "\\",
  "%",
  "-",
  ",",
  "1-",
  "?servername=",
  "tls:?servername=",
])("the parsers get through 128 KiB of %j", (unit) => {
  const text = unit.repeat(2 ** 17 / unit.length);
  for (const tail of ["", "x", ":80", "]:80"]) {
    attempt(() => parseEndpoint(text + tail, { host: "*" }));
    attempt(() => parseHost(text + tail));
    attempt(() => parsePortRanges(text + tail));
  }
});

/** The value, or undefined after an NcxError; anything else that is thrown fails the test. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof NcxError)) throw error;
    expect(error.message.length).toBeLessThan(600);
    expect(error.message).not.toMatch(/[\n\r\u001B]/);
    return undefined;
  }
}

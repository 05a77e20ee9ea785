import { connect } from "node:net";
import { describe as group, expect, test } from "vitest";
import {
  NcxError,
  describe,
  errnoOf,
  isAbort,
  isTimeout,
  quote,
  wrap,
} from "../../../src/core/errors.ts";

function systemError(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code });
}

group("wrap()", () => {
  test("says what could not be done, and why in the system's words", () => {
    const cause = systemError("ECONNREFUSED");
    const error = wrap("connect to tcp:host:80", cause, { hint: "is it running?" });
    expect(error).toMatchObject({
      name: "NcxError",
      code: "REFUSED",
      message: "Cannot connect to tcp:host:80: connection refused",
      state: "Connection refused",
      hint: "is it running?",
      tried: [],
      cause,
    });
  });

  test("wraps once", () => {
    const error = new NcxError("TLS", "Cannot speak TLS");
    expect(wrap("connect", error)).toBe(error);
  });

  test("keeps the endpoint and the attempts", () => {
    const endpoint = { kind: "tcp", host: "host", port: 80 } as const;
    const tried = [{ address: "127.0.0.1", state: "Connection refused" }];
    expect(wrap("connect", systemError("ECONNREFUSED"), { endpoint, tried })).toMatchObject({
      endpoint,
      tried,
    });
  });

  test("knows what a real socket throws", async () => {
    const thrown = await new Promise((resolve) =>
      connect({ path: "/nowhere/at/all" }).on("error", resolve),
    );
    expect(wrap("connect", thrown).code).toBe("REFUSED");
  });
});

group("describe()", () => {
  test.each([
    ["ECONNRESET", "RESET", "Connection reset by peer"],
    ["EPIPE", "RESET", "Broken pipe"],
    ["ETIMEDOUT", "TIMEOUT", "Connection timed out"],
    ["EHOSTUNREACH", "UNREACHABLE", "No route to host"],
    ["EADDRINUSE", "IN_USE", "Address already in use"],
    ["EACCES", "DENIED", "Permission denied"],
    ["ENOTFOUND", "RESOLVE", "Name or service not known"],
    ["EMFILE", "LIMIT", "Too many open files"],
    ["EFBIG", "LIMIT", "File too large"],
    ["EDQUOT", "LIMIT", "Disk quota exceeded"],
    ["EROFS", "DENIED", "Read-only file system"],
    ["EIO", "INTERNAL", "Input/output error"],
  ])("%s is %s: %s", (code, expected, state) => {
    expect(describe(systemError(code))).toEqual([expected, state]);
  });

  test.each([["EWHATEVER"], ["constructor"], ["__proto__"], [""]])(
    "an unknown %j is INTERNAL",
    (code) => {
      expect(describe(systemError(code))).toEqual(["INTERNAL", `connect ${code}`]);
    },
  );

  test.each([["text"], [undefined], [null], [42], [{}]])("takes %j, thrown as it is", (thrown) => {
    expect(describe(thrown)).toEqual(["INTERNAL", String(thrown)]);
  });
});

group("deadlines and aborts", () => {
  test("a bare timeout, and one inside an AbortError, are timeouts", () => {
    const timeout = new DOMException("late", "TimeoutError");
    const wrapped = Object.assign(new Error("aborted", { cause: timeout }), { name: "AbortError" });
    expect([isTimeout(timeout), isTimeout(wrapped)]).toEqual([true, true]);
    expect(describe(wrapped)[0]).toBe("TIMEOUT");
  });

  test("a user's abort is not a timeout", () => {
    const abort = AbortSignal.abort().reason as unknown;
    expect([isAbort(abort), isTimeout(abort)]).toEqual([true, false]);
    expect(describe(abort)[0]).toBe("ABORTED");
  });

  test("a DOMException's number is no errno", () => {
    expect(errnoOf(AbortSignal.abort().reason)).toBe("");
    expect(errnoOf(systemError("EPIPE"))).toBe("EPIPE");
  });
});

test.each([
  ["plain", '"plain"'],
  ["two\nlines\r\t\0", '"two\\nlines\\r\\t\\0"'],
  ["\u001B[2J\u009B", '"\\u001b[2J\\u009b"'],
  ["x".repeat(80), `"${"x".repeat(80)}"`],
  ["x".repeat(81), `"${"x".repeat(60)}…"`],
])("quote() of %j", (text, quoted) => expect(quote(text)).toBe(quoted));

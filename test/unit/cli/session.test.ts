import { createReadStream, openSync } from "node:fs";
import { PassThrough, type Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { Args } from "../../../src/cli/args.ts";
import { sessionLink } from "../../../src/cli/session.ts";
import type { World } from "../../../src/cli/world.ts";
import type { LinkOptions } from "../../../src/stream/link.ts";

function linkOf(stdin: Readable, more: Partial<Args> = {}): LinkOptions {
  const world: World = {
    name: "ncx",
    argv: [],
    env: {},
    stdin,
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    isTTY: { stdin: false, stdout: false, stderr: false },
    columns: 80,
    stop: new AbortController().signal,
    abort: new AbortController().signal,
    unread: new AbortController().signal,
  };
  const args: Args = { mode: "connect", operands: [], personality: "ncx", verbose: 0, ...more };
  return sessionLink(args, world, { role: "connect", framing: "stream", observers: [] });
}

/** As process.stdin is made for everything that is neither a terminal nor a pipe. */
function fileStream(path: string): Readable {
  return createReadStream("", { fd: openSync(path, "r") });
}

describe("sessionLink()", () => {
  test("waits for the end of a regular file after the peer's, whatever it takes", () => {
    using file = disposable(fileStream(import.meta.filename));
    expect(linkOf(file.stream).settle).toBe(Infinity);
  });

  test.skipIf(process.platform === "win32")(
    "does not wait for ever for a device that may never end",
    () => {
      using device = disposable(fileStream("/dev/null"));
      expect(linkOf(device.stream).settle).toBe(250);
    },
  );

  test.each([{ noStdin: true }, { recvOnly: true }])(
    "ends with the peer where %j leaves nothing to stay for",
    (flags) => {
      expect(linkOf(new PassThrough(), { halfOpen: true, ...flags }).eof?.right).toBe("close");
      expect(linkOf(new PassThrough(), { halfOpen: true }).eof?.right).toBe("keep");
    },
  );
});

function disposable(stream: Readable): Disposable & { stream: Readable } {
  return { stream, [Symbol.dispose]: () => void stream.destroy() };
}

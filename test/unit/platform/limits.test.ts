import { createServer } from "node:net";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hasAbstractSockets, isWindows, unixPathLimit } from "../../../src/platform/limits.ts";

test.skipIf(isWindows())(
  "unixPathLimit() is a length that the system binds, and not much more",
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "ncx-"));
    try {
      const longest = `${directory}/`.padEnd(unixPathLimit(), "x");
      expect(await isBindable(longest)).toBe(true);
      // Linux takes one byte more, in the place of the closing NUL.
      expect(await isBindable(`${longest}xx`)).toBe(false);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);

test.runIf(hasAbstractSockets())(
  "hasAbstractSockets() is true where one can be bound",
  async () => {
    const name = `\0ncx-limits-${process.pid}`;
    expect(await isBindable(name)).toBe(true);
  },
);

/** Whether a socket comes to be at exactly this path: older libuv cuts a long one without a word. */
async function isBindable(path: string): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(path), "listening");
    return path.startsWith("\0") || existsSync(path);
  } catch {
    return false;
  } finally {
    server.close();
  }
}

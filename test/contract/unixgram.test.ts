import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe } from "vitest";
import type { UnixgramEndpoint } from "../../src/core/endpoint.ts";
import { transportContract } from "./transport.ts";

const folder = mkdtempSync(join(tmpdir(), "ncx-unixgram-"));
let names = 0;

const places: Record<string, () => UnixgramEndpoint> = {
  "by path": () => ({ kind: "unixgram", path: join(folder, `${(names += 1)}.sock`) }),
  // Only Linux has these names.
  ...(process.platform === "linux" && {
    "by abstract name": () => ({ kind: "unixgram", path: `@ncx-${randomUUID()}` }),
  }),
};

describe.each(Object.keys(places))("unixgram %s", (name) => {
  const at = places[name]!;
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  transportContract(
    { at, nowhere: async () => at() },
    {
      framing: "message",
      halfClose: false,
      backpressure: false,
      dialRefused: true,
      closeFreesAddress: false,
      acceptsSilent: false,
    },
  );
});

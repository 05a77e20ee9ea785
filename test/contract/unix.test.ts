import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe } from "vitest";
import { transportContract } from "./transport.ts";

const folder = mkdtempSync(join(tmpdir(), "ncx-unix-"));
let names = 0;
const at = () => ({ kind: "unix", path: join(folder, `${(names += 1)}.sock`) }) as const;

describe("unix", () => {
  afterAll(() => rmSync(folder, { recursive: true }));
  transportContract(
    { at, nowhere: async () => at() },
    {
      framing: "stream",
      halfClose: true,
      backpressure: true,
      dialRefused: true,
      closeFreesAddress: true,
      acceptsSilent: true,
    },
  );
});

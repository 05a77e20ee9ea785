import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { memoryPair } from "../../src/transport/memory.ts";
import { transportContract } from "./transport.ts";

let names = 0;
const at = () => ({ kind: "memory", name: `contract-${(names += 1)}` }) as const;

describe("memory", () =>
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
  ));

describe("memoryPair()", () => {
  test("resets the other side when one breaks", async () => {
    const [left, right] = memoryPair();
    left.destroy(new Error("broken"));
    await new Promise((resolve) => right.once("close", resolve));
    expect(right.errored).toMatchObject({ code: "ECONNRESET" });
  });

  test("ends the other side when one closes quietly; what is written to it then fails", async () => {
    const [left, right] = memoryPair();
    left.destroy();
    await once(right.resume(), "end");
    right.write("too late");
    await new Promise((resolve) => right.once("close", resolve));
    expect(right.errored).toMatchObject({ code: "EPIPE" });
  });

  test("leaves the writer its buffer once the write is done", async () => {
    const [left, right] = memoryPair();
    const buffer = Buffer.from("kept");
    await new Promise((resolve) => left.write(buffer, resolve));
    buffer.fill("x");
    await once(right, "readable");
    expect(String(right.read())).toBe("kept");
    for (const side of [left, right]) side.destroy();
  });
});

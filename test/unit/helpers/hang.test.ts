import { describe, expect, test } from "vitest";
import { allEnded } from "../../helpers/hang.ts";
import { start, type Running } from "../../helpers/run-cli.ts";

const script = (code: string): Running => start(["-e", code], { program: process.execPath });

describe("allEnded()", () => {
  test("gives the ends of all", async () => {
    const both = [script(""), script("")];
    expect((await allEnded(both, 60_000, "/dev/null")).map(({ code }) => code)).toEqual([0, 0]);
  });

  test("tells what still lives when the time is up", async () => {
    await using idle = script("console.error('up'); setInterval(() => {}, 1000)");
    await idle.said(/up/);
    const failure = await allEnded([idle], 1, "/dev/null").catch(String);
    expect(failure).toMatch(/after 1 ms:[^]*lives; stderr: up/);
    if (process.platform === "linux") expect(failure).toMatch(/State:[^]*fd 0 -> /);
  });

  test("does not wait for the others once one has failed", async () => {
    await using idle = script("setInterval(() => {}, 1000)");
    const failing = script("process.exit(3)");
    await expect(allEnded([idle, failing], 60_000, "/dev/null")).rejects.toThrow(/ended with 3/);
  });
});

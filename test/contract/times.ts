/** Every time and every one-way flag, whatever carries the bytes: the same ends and the same words. */
import { describe, expect, test } from "vitest";
import type { Meeting, Place } from "../helpers/places.ts";

/** The peer speaks first, and is heard: both are there. */
async function greet({ ncx, peer }: Meeting): Promise<void> {
  peer.say("hello");
  await ncx.gave(/hello/);
}

/** The end of a run, or of a client's connection where the run goes on: then it is still there to be stopped. */
async function endOf({ ncx, peer }: Meeting, many = false): Promise<number | null> {
  if (!many) return (await ncx.ended).code;
  await Promise.all([peer.end(), ncx.said(/sent.*received/)]);
  expect(ncx.child.exitCode).toBe(null);
  ncx.kill("SIGTERM");
  return (await ncx.ended).code;
}

/** Registers the tests of one place. */
export function timesContract({ name, meet, endless, dials, many }: Place): void {
  describe(`over ${name}`, () => {
    test("--idle-timeout ends silence with 1, and says so", async () => {
      await using both = await meet(["--idle-timeout", "300ms", "-v"]);
      await greet(both);
      const code = await endOf(both, many);
      expect(both.ncx.stderr()).toContain("Ncx: Idle timeout expired (300 ms).\n");
      if (!many) expect(code).toBe(1);
    });

    test("--idle-timeout is put off by every byte, either way", async () => {
      await using both = await meet(["--idle-timeout", "800ms", "-v"]);
      const { ncx, peer } = both;
      await greet(both);
      for (const round of ["1", "2", "3"]) {
        await new Promise((resolve) => setTimeout(resolve, 300)); // within the time, and three of them beyond it
        ncx.stdin.write(`in${round}`);
        await peer.heard(`in${round}`);
      }
      peer.say("out");
      await ncx.gave(/out/);
      await endOf(both, many);
      expect(Number(/in ([\d.]+) seconds/.exec(ncx.stderr())?.[1])).toBeGreaterThanOrEqual(1.69);
    });

    test("-w bounds the dial, and nothing that comes after it", async () => {
      await using both = await meet(["-w", "200ms"]);
      const { ncx, peer } = both;
      await greet(both);
      await new Promise((resolve) => setTimeout(resolve, 400));
      ncx.stdin.write("late");
      await peer.heard("late");
      expect(ncx.stderr().includes("Ignored the connect timeout")).toBe(!dials);
    });

    test("--timeout ends everything with 124, and says so", async () => {
      await using both = await meet(["--timeout", "700ms"]);
      const { code, stderr } = await both.ncx.ended;
      expect(stderr).toContain("Ncx: Timeout: ended after 700 ms in all.\n");
      expect(code).toBe(124);
    });

    test("-q ends that long after stdin, with a peer that stays", async () => {
      await using both = await meet(["-q", "300ms", "-v"]);
      const { ncx, peer } = both;
      await greet(both);
      ncx.stdin.end("bye");
      await peer.heard("bye");
      const code = await endOf(both, many);
      if (!many) expect(code).toBe(0);
      expect(ncx.stderr()).not.toContain("Idle");
    });

    test("--send-only ends with stdin, and shows nothing of what comes", async () => {
      await using both = await meet(["--send-only", "-v"]);
      const { ncx, peer } = both;
      peer.say("ignored");
      ncx.stdin.write("one");
      await peer.heard("one");
      ncx.stdin.end("two");
      await peer.heard("onetwo");
      const code = await endOf(both, many);
      if (!many) expect(code).toBe(0);
      expect((await ncx.ended).stdout).toBe("");
    });

    test("--recv-only sends nothing, and shows all that comes", async () => {
      await using both = await meet(["--recv-only", "-v", ...(endless ? ["-W", "1"] : [])]);
      const { ncx, peer } = both;
      ncx.stdin.end("never sent");
      peer.say("all of it");
      peer.finish();
      const code = await endOf(both, many);
      if (!many) expect(code).toBe(0);
      expect((await ncx.ended).stdout).toBe("all of it");
      expect(peer.all()).toBe("");
    });

    test("--no-shutdown keeps the end of stdin from the peer", async () => {
      await using both = await meet(["--no-shutdown", "-v"]);
      const { ncx, peer } = both;
      await greet(both);
      ncx.stdin.end("bye");
      await peer.heard("bye");
      peer.say("still there?");
      await ncx.gave(/still there\?/);
      expect(peer.ended()).toBe(false);
      peer.finish();
      if (endless && many) return; // only silence ends it
      const code = await endOf(both, many);
      if (!many) expect(code).toBe(0);
    });
  });
  if (dials) staysContract({ name, meet, ...(endless && { endless }) });
}

/** A client that stays after the peer has ended. */
function staysContract({ name, meet, endless }: Place): void {
  describe(`-k over ${name}, which dials`, () => {
    test("stays after the peer's end, and sends on until stdin ends", async () => {
      await using both = await meet(["-k", "-v"]);
      const { ncx, peer } = both;
      await greet(both);
      peer.finish();
      ncx.stdin.write("one");
      await peer.heard("one");
      // More than a pipe's silence after which a peer's end would count.
      await new Promise((resolve) => setTimeout(resolve, 400));
      ncx.stdin.write("two");
      await peer.heard("two");
      ncx.stdin.end("three");
      await peer.heard("three");
      if (!endless) await peer.end();
      expect(await ncx.ended).toMatchObject({ code: 0, stdout: "hello" });
    });

    test("with --idle-timeout ends in silence", async () => {
      await using both = await meet(["-k", "--idle-timeout", "300ms"]);
      await greet(both);
      both.peer.finish();
      expect(await both.ncx.ended).toMatchObject({ code: 1 });
    });

    test.each([["--recv-only"], ["-d"]])(
      "with %s ends with the peer: there is nothing to stay for",
      async (flag) => {
        await using both = await meet(["-k", flag, ...(endless ? ["-W", "1"] : [])]);
        await greet(both);
        both.peer.finish();
        expect(await both.ncx.ended).toMatchObject({ code: 0, stdout: "hello" });
      },
    );
  });
}

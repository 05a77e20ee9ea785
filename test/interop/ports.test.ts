/** `ncx ports` prints the rows that netstat, ss and lsof print of the same sockets. */
import { afterAll, beforeAll, describe, expect } from "vitest";
import { needs, peer } from "../helpers/peers-installed.ts";
import { run, scratch, start } from "../helpers/run-cli.ts";
import { holdSockets, type Holder } from "../helpers/socket-holder.ts";

/** Sockets that open and close beside those that are compared. */
const CHURNING = 5000;

let folder: Awaited<ReturnType<typeof scratch>>;
let holder: Holder;

beforeAll(async () => {
  folder = await scratch();
  holder = await holdSockets({ path: folder.path("held.sock") });
});
afterAll(async () => {
  await holder[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** What a program prints. */
async function output(program: string, args: readonly string[]): Promise<string> {
  return (await run([...args], { program: peer(program) })).stdout;
}

async function ours(...args: string[]): Promise<string> {
  return (await run(["ports", ...args])).stdout;
}

/** The lines about the holder, as they are: `PID/program`, `pid=PID,`, or lsof's second column. */
function lines(text: string): string[] {
  const own = new RegExp(` ${holder.pid}/|pid=${holder.pid},|^\\S+ +${holder.pid} `);
  return text.split("\n").filter((line) => own.test(line));
}

/** While sockets come and go the kernel may tell of one twice, and so do those who print what it tells. */
function once(found: readonly string[]): string[] {
  return [...new Set(found)].sort();
}

/** Both, again where they differ: of sockets that stay the kernel may leave one out while others beside it go. */
async function inTheEnd(
  ask: () => Promise<string[]>,
  askThem: () => Promise<string[]>,
): Promise<[own: string[], theirs: string[]]> {
  for (let left = 4; ; left -= 1) {
    const [own, theirs] = [await ask(), await askThem()];
    if (left === 0 || (own.length === 8 && own.join("\n") === theirs.join("\n")))
      return [own, theirs];
  }
}

/**
 * The same, whatever the widths of the columns, in order. ss and lsof show what a program calls its first thread; Node 24
 * calls it MainThread (26: node-MainThread), and ncx still says node.
 */
function rows(text: string): string[] {
  return lines(text)
    .map((line) =>
      line
        .trim()
        .split(/\s+/)
        .join(" ")
        .replace(/\b(node-)?MainT?h?r?e?a?d?\b/g, "node"),
    )
    .sort();
}

/** ss knows a listener's backlog, and whether a v6 socket takes v4 too; /proc has neither. */
function ssRows(text: string): string[] {
  return rows(text).map((row) =>
    row.replace(/^(\S+ LISTEN \d+) \d+/, "$1 -").replaceAll("[::]:", "*:"),
  );
}

describe.skipIf(process.platform !== "linux")("as netstat", () => {
  needs("netstat").each([
    ["-tulpn", 5],
    ["-plunt", 5],
    ["-putan", 8],
    ["-tlpn", 3],
    ["-ulpn", 2],
    ["-xlpn", 1],
    ["-tulpnW", 5],
    ["-tulpen", 5],
    ["-putane", 8],
  ])("%s has the very same lines", async (flags, count) => {
    const theirs = lines(await output("netstat", [flags]));
    expect(theirs).toHaveLength(count);
    expect(lines(await ours(flags, "--format", "netstat"))).toEqual(theirs);
  });
});

describe.skipIf(process.platform !== "linux")("as ss", () => {
  needs("ss").each([
    ["-tulpn", 5],
    ["-tuapn", 8],
    ["-xlpn", 1],
    ["-tupn state connected", 3],
  ])("%s has the same rows", async (flags, count) => {
    const words = flags.split(" ");
    const theirs = ssRows(await output("ss", words));
    expect(theirs).toHaveLength(count);
    const own = flags.replace("state ", "state=").split(" ");
    expect(ssRows(await ours(...own, "--format", "ss"))).toEqual(theirs);
  });
});

describe.skipIf(process.platform !== "linux")("as lsof", () => {
  needs("lsof").each([
    [["-nP", "-i"], 8],
    [["-nP", "-iTCP", "-sTCP:LISTEN"], 3],
    [["-nPiUDP"], 3],
    [["-nPi4"], 6],
    [["-nPi6"], 2],
  ])("%j has the same rows", async (flags, count) => {
    const theirs = rows(await output("lsof", flags));
    expect(theirs).toHaveLength(count);
    expect(rows(await ours(...flags, "--format", "lsof"))).toEqual(theirs);
  });

  needs("lsof")("-i :PORT finds both ends of a connection", async () => {
    const place = `:${holder.ports.tcp4}`;
    const theirs = rows(await output("lsof", ["-nP", "-i", place]));
    expect(theirs).toHaveLength(3);
    expect(rows(await ours("-i", place, "--format", "lsof"))).toEqual(theirs);
  });
});

describe.skipIf(process.platform !== "linux")(`while ${CHURNING} sockets open and close`, () => {
  const script = new URL("../helpers/churn-process.mjs", import.meta.url).pathname;

  needs(
    "netstat",
    "ss",
    "lsof",
  )("the rows of what stays are those of all three", async () => {
    const words = [script, `${CHURNING}`];
    await using churning = start(words, { program: process.execPath });
    await churning.gave(/churning/);
    const pairs = [
      await inTheEnd(
        async () => lines(await ours("-putan", "--format", "netstat")).sort(),
        async () => once(lines(await output("netstat", ["-putan"]))),
      ),
      await inTheEnd(
        async () => ssRows(await ours("-tuapn", "--format", "ss")),
        async () => once(ssRows(await output("ss", ["-tuapn"]))),
      ),
      await inTheEnd(
        async () => rows(await ours("-nPi", "--format", "lsof")),
        async () => once(rows(await output("lsof", ["-nPi"]))),
      ),
    ];
    for (const [own, theirs] of pairs) expect(own).toEqual(theirs);
    expect(pairs.map(([own]) => own.length)).toEqual([8, 8, 8]);
  });
});

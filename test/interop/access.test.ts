/** The same lists given to ncat and to ncx: the same clients come in. */
import { writeFile } from "node:fs/promises";
import { expect } from "vitest";
import { closedPort, serves, tcpPeer } from "../helpers/peers.ts";
import { needs } from "../helpers/peers-installed.ts";
import { startPeer, untilListening } from "../helpers/real-peers.ts";
import { scratch, start, startListening } from "../helpers/run-cli.ts";
import { callFrom } from "../helpers/sources.ts";

const SOURCES = ["127.0.0.1", "127.0.0.2", "127.0.0.200", "127.0.5.7", "127.9.0.1"];
needs("ncat").each<[string, string[], number]>([
  ["an address", ["--allow", "127.0.0.1"], 1],
  ["two", ["--allow", "127.0.0.1,127.0.0.200"], 2],
  ["the flag twice", ["--allow", "127.0.0.1", "--allow", "127.0.5.7"], 2],
  ["a range", ["--allow", "127.0.0.1-2"], 2],
  ["a range without an end", ["--allow", "127.0.0.2-"], 2],
  ["a range without a start", ["--allow", "127.0.0.-2"], 2],
  ["a bare dash", ["--allow", "127.0.0.-"], 3],
  ["ranges in two octets", ["--allow", "127.0.0-5.1-7"], 3],
  ["stars", ["--allow", "127.0.*.*"], 4],
  ["a star and a range", ["--allow", "127.0-9.0.*"], 4],
  ["a network", ["--allow", "127.0.0.0/24"], 3],
  ["a network by one of its hosts", ["--allow", "127.0.5.9/16"], 4],
  ["a mask of 0", ["--allow", "10.0.0.0/0"], 5],
  ["a mask of 32", ["--allow", "127.0.0.2/32"], 1],
  ["a v4-mapped address", ["--allow", "::ffff:127.0.0.1"], 1],
  ["the other family", ["--allow", "::1"], 0],
  ["a name", ["--allow", "localhost"], 1],
  ["deny", ["--deny", "127.0.0.2,127.0.5.7"], 3],
  ["deny a network", ["--deny", "127.0.0.0/16"], 1],
  ["both: deny wins", ["--allow", "127.0.0.0/24", "--deny", "127.0.0.1"], 2],
  ["both the same", ["--allow", "127.0.0.1", "--deny", "127.0.0.1"], 0],
  ["a file of lines", ["--allowfile", "LINES"], 2],
  ["a file of words and octet lists", ["--allowfile", "WORDS"], 3],
  ["a file of those denied", ["--denyfile", "LINES"], 3],
  ["an empty file", ["--allowfile", "EMPTY"], 0],
  ["nobody denied", ["--denyfile", "EMPTY"], 5],
  ["file and flag", ["--allowfile", "LINES", "--allow", "127.9.0.1"], 3],
  ["no place for anybody", ["--max-conns", "0"], 0],
])("ncat and ncx let the same in: %s", async (_name, flags, count) => {
  await using folder = await scratch();
  await writeFile(folder.path("LINES"), "127.0.0.1\r\n\n127.0.5.7");
  await writeFile(folder.path("WORDS"), "127.0.0.1,200 \t127.0-4,9.5,1.1-9\n");
  await writeFile(folder.path("EMPTY"), "");
  const words = flags.map((word) => (/^[A-Z]+$/.test(word) ? folder.path(word) : word));
  const port = await closedPort();
  const greet = ["-c", "echo welcome"];
  await using ncat = startPeer("ncat", ["-lkv", ...greet, ...words, "127.0.0.1", `${port}`]);
  await untilListening(ncat);
  await using greeter = await tcpPeer(serves.says("welcome\n"));
  await using ncx = await startListening([
    "relay",
    ...words,
    "127.0.0.1:0",
    `127.0.0.1:${greeter.port}`,
  ]);
  const [theirs, ours] = [await letIn(port), await letIn(ncx.port)];
  expect(ours).toEqual(theirs);
  expect(ours).toHaveLength(count);
});

needs("ncat").each([
  ["a file that isn't there", ["--allowfile", "/nonexistent"]],
  ["an octet too large", ["--allow", "127.0.0.300"]],
  ["a range the wrong way round", ["--allow", "127.0.0.2-1"]],
  ["a mask too long", ["--deny", "127.0.0.1/33"]],
  ["no mask after the slash", ["--deny", "127.0.0.1/"]],
  ["an unknown name", ["--deny", "nosuch.invalid"]],
  ["three octets and a star", ["--allow", "127.0.*"]],
])("ncat and ncx both refuse %s with 2", async (_name, flags) => {
  const line = ["-l", "127.0.0.1", `${await closedPort()}`, ...flags];
  await using ncat = startPeer("ncat", line);
  await using ncx = start(line);
  expect([(await ncat.ended).code, (await ncx.ended).code]).toEqual([2, 2]);
});

needs("nc.traditional").each<[string, string[], boolean]>([
  ["the host that is asked for", ["127.0.0.2"], true],
  ["another host", ["127.0.0.3"], false],
  ["another port", ["127.0.0.2", "1"], false],
])("nc.traditional and ncx as it, of one peer: %s", async (_name, peer, expected) => {
  const port = await closedPort();
  const line = ["-l", "-v", "-s", "127.0.0.1", ...peer];
  await using theirs = startPeer("nc.traditional", ["-p", `${port}`, ...line]);
  await untilListening(theirs);
  await using ours = await startListening(["--compat", "traditional", ...line]);
  for (const [running, at] of [
    [theirs, port],
    [ours, ours.port],
  ] as const) {
    running.stdin.end();
    await callFrom("127.0.0.2", at, { says: expected ? "hello" : "" });
    const ended = await running.ended;
    expect(ended).toMatchObject({ code: expected ? 0 : 1, stdout: expected ? "hello" : "" });
    if (!expected)
      expect(ended.stderr).toMatch(
        /^invalid connection to \[127\.0\.0\.1\] from \(UNKNOWN\) \[127\.0\.0\.2\] \d+$/m,
      );
  }
});

async function letIn(port: number): Promise<string[]> {
  const fates = await Promise.all(SOURCES.map((source) => callFrom(source, port, { says: "" })));
  return SOURCES.filter((_, at) => fates[at] === "welcome\n");
}

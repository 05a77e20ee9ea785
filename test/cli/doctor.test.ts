/** `ncx doctor`: another netcat's line explained, and the line it gives is one that works. */
import { describe, expect, test } from "vitest";
import { tcpPeer } from "../helpers/peers.ts";
import { needs, peer as installed } from "../helpers/peers-installed.ts";
import { run } from "../helpers/run-cli.ts";

test("explains a line: each flag in each netcat, and the line in ncx", async () => {
  const { code, stdout, stderr } = await run(["doctor", "nc -lvp 8080 -e /bin/sh"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^Read as traditional netcat: nc may be several/);
  const [, block] = /^-e \/bin\/sh\n((?: {2}.*\n)+)/m.exec(stdout) ?? [];
  expect(block?.split("\n").map((line) => line.slice(2).split(/ {2,}/).slice(0, 2))).toEqual([
    ["ncat", "-e COMMAND"],
    ["OpenBSD", "-"],
    ["traditional", "-e COMMAND"],
    ["BusyBox", "-e PROG"],
    ["ncx", "-e COMMAND"],
    ["in ncx", "-e, --exec COMMAND"],
    [""],
  ]);
  expect(stdout).toContain("\nIn ncx:\n  ncx -lv 8080 -e /bin/sh\n");
  expect(stdout).toContain("\n  ncx --compat traditional -lvp 8080 -e /bin/sh\n");
  expect(stdout).toMatch(/listens on every address, ncx on loopback/);
  expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
});

test("words that come apart are taken as they are, whatever they would mean to ncx", async () => {
  const { code, stdout } = await run(["doctor", "ncat", "--help", "--compat", "x", "-i", "5"]);
  expect(code).toBe(2); // of ncat's flags, --compat is none
  expect(stdout).toMatch(/^Read as ncat\.\n/);
  expect(stdout).toContain("\n  ncx --help\n");
  expect((await run(["doctor", "--", "nc", "-l", "80"])).stdout).toContain("\n  ncx -l 80\n");
});

test("--json is the same as one line of JSON", async () => {
  const { code, stdout } = await run(["doctor", "--json", "ncat -i 5 host 80"]);
  expect(code).toBe(0);
  expect(stdout.endsWith("}\n")).toBe(true);
  expect(JSON.parse(stdout)).toMatchObject({
    program: "ncat",
    flags: [{ spelling: "-i", value: "5", ncx: "--idle-timeout TIME" }],
    operands: ["host", "80"],
    command: "ncx --idle-timeout 5 host 80",
    compat: "ncx --compat ncat -i 5 host 80",
  });
});

test.each(["--help", "-h"])("doctor %s is its help", async (flag) => {
  const { code, stdout } = await run(["doctor", flag]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ncx doctor: /);
});

test.each<[string, string[], RegExp]>([
  ["nothing", ["doctor"], /^Ncx: Cannot explain: the command line is missing\n/],
  ["an empty line", ["doctor", " "], /^Ncx: Cannot explain: the command line is missing\n/],
  ["no netcat", ["doctor", "ls -l"], /^Ncx: Cannot explain it: no netcat in this line\n/],
  ["an open quote", ["doctor", "nc 'a"], /^Ncx: Cannot read the line: a quote is not closed\n/],
])("%s is refused with 2", async (_, args, said) => {
  const { code, stdout, stderr } = await run(args, { env: { NCX_COMPAT: "openbsd" } });
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(said);
});

test("every netcat of a line is explained, as JSON a line each", async () => {
  const { code, stdout } = await run(["doctor", "--json", "nc -l 80 | bash -c 'ncat host 81'"]);
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { program: string }).program)).toEqual([
    "OpenBSD nc",
    "ncat",
  ]);
});

test("a flag that the program has not is explained as far as it goes, and told of with 2", async () => {
  const { code, stdout, stderr } = await run(["doctor", "nc --foo host 80"]);
  expect(code).toBe(2);
  expect(stdout).toContain("Left out --foo: OpenBSD nc has no such flag");
  expect(stderr).toBe("Ncx: Cannot explain --foo: OpenBSD nc has no such flag\n");
});

describe("the line it gives does what the program's own does", () => {
  const LINES: readonly (readonly [program: string, line: string])[] = [
    ["ncat", "ncat -C -i 5 127.0.0.1 PORT"],
    ["nc.openbsd", "nc.openbsd -N -C -w 5 127.0.0.1 PORT"],
    ["nc.traditional", "nc.traditional -q 5 -n 127.0.0.1 PORT"],
    ["busybox", "busybox nc -w 5 127.0.0.1 PORT"],
  ];
  for (const [program, given] of LINES) {
    needs(program)(given, async () => {
      const got: string[] = [];
      await using peer = await tcpPeer((socket) => {
        let all = "";
        socket.on("data", (chunk: Buffer) => {
          all += String(chunk);
          if (!all.endsWith("\n")) return;
          got.push(all);
          socket.end("answer\n");
        });
      });
      const words = given.replace("PORT", String(peer.port)).split(" ");
      const { stdout } = await run(["doctor", "--json", words.join(" ")]);
      const { command } = JSON.parse(stdout) as { command: string };
      const ours = await run(command.split(" ").slice(1), { input: "hello\n" });
      const theirs = await run(words.slice(1), { input: "hello\n", program: installed(program) });
      expect(ours.stdout).toBe("answer\n");
      expect(theirs.stdout).toBe("answer\n");
      expect(got[0]).toBe(got[1]);
    });
  }
});

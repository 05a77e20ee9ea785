/** --compat beside the program itself, where it is installed: the same line, the same words, the same exit code. */
import { describe, expect } from "vitest";
import { closedPort, serves, tcpClient, tcpPeer } from "../helpers/peers.ts";
import { needs, peer as installed } from "../helpers/peers-installed.ts";
import { run, start, type Ended } from "../helpers/run-cli.ts";

const REAL = { ncat: "ncat", openbsd: "nc.openbsd", traditional: "nc.traditional" } as const;
type Who = keyof typeof REAL;

/** What differs by design, made alike: whose version it is, whose name, how long it took, who holds a port. */
function plain(stderr: string, who: Who): string {
  return stderr
    .replace(/^Ncat: Version .*\n/m, "")
    .replace(/in [\d.]+ seconds/, "in T seconds")
    .replace(/ \(held by [^)]*\)/, "")
    .replaceAll(`${REAL[who]}: `, who === "openbsd" ? "nc: " : `${REAL[who]}: `);
}

async function both(who: Who, args: readonly string[]): Promise<[ours: Ended, theirs: Ended]> {
  const stdin = "ignore";
  return [
    await run(["--compat", who, ...args], { stdin }),
    await run(args, { stdin, program: installed(REAL[who]) }),
  ];
}

const CONNECTS: readonly (readonly [Who, ...string[]])[] = [
  ["ncat", "-z", "OPEN"],
  ["ncat", "CLOSED"],
  ["ncat", "-v", "CLOSED"],
  ["ncat", "-nv", "CLOSED"],
  ["ncat", "-v", "OPEN"],
  ["ncat", "--recv-only", "OPEN"],
  ["openbsd", "-z", "OPEN"],
  ["openbsd", "-zv", "OPEN"],
  ["openbsd", "-zvn", "OPEN"],
  ["openbsd", "CLOSED"],
  ["openbsd", "-v", "CLOSED"],
  ["openbsd", "-zv", "CLOSED"],
  ["openbsd", "-N", "OPEN"],
  ["openbsd", "-vN", "OPEN"],
  ["traditional", "-z", "OPEN"],
  ["traditional", "-zv", "OPEN"],
  ["traditional", "-v", "CLOSED"],
  ["traditional", "-v", "OPEN"],
];

describe("beside the real one", () => {
  for (const [who, ...flags] of CONNECTS) {
    needs(REAL[who])(`${who} ${flags.join(" ")}`, async () => {
      await using peer = await tcpPeer(serves.says("payload"));
      const port = flags.at(-1) === "OPEN" ? peer.port : await closedPort();
      const [ours, theirs] = await both(who, [...flags.slice(0, -1), "127.0.0.1", String(port)]);
      expect(plain(ours.stderr, who)).toBe(plain(theirs.stderr, who));
      expect([ours.code, ours.stdout]).toEqual([theirs.code, theirs.stdout]);
    });
  }

  for (const who of ["ncat", "openbsd", "traditional"] as const) {
    needs(REAL[who])(`${who}: an unknown name`, async () => {
      const [ours, theirs] = await both(who, ["-v", "no-such-host.invalid", "80"]);
      expect([ours.code, plain(ours.stderr, who)]).toEqual([
        theirs.code,
        plain(theirs.stderr, who),
      ]);
    });

    needs(REAL[who])(`${who}: a listener and its client`, async () => {
      const said: string[] = [];
      for (const program of [undefined, installed(REAL[who])]) {
        const port = await closedPort();
        const at =
          who === "ncat" ? ["127.0.0.1", String(port)] : ["-s", "127.0.0.1", "-p", String(port)];
        const compat = program === undefined ? ["--compat", who] : [];
        await using server = start([...compat, "-lv", ...at], {
          ...(program !== undefined && { program }),
        });
        await server.said(/istening on .+\n/);
        await using client = await tcpClient(port);
        await server.said(new RegExp(`${client.port}\\n|${client.port}\\.\\n`));
        server.kill("SIGTERM");
        const { stderr } = await server.ended;
        said.push(
          plain(stderr, who)
            .replace(/.*bytes sent.*\n/, "")
            .trimEnd()
            .replaceAll(String(port), "PORT")
            .replaceAll(String(client.port), "FROM"),
        );
      }
      expect(said[0]).toBe(said[1]);
    });
  }

  for (const who of ["ncat", "openbsd"] as const) {
    needs(REAL[who])(`${who}: a port in use`, async () => {
      await using peer = await tcpPeer();
      const at =
        who === "ncat" ? ["127.0.0.1", `${peer.port}`] : ["-s", "127.0.0.1", "-p", `${peer.port}`];
      const [ours, theirs] = await both(who, ["-l", ...at]);
      expect([ours.code, plain(ours.stderr, who)]).toEqual([
        theirs.code,
        plain(theirs.stderr, who),
      ]);
    });
  }
});

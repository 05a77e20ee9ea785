/** --compat beside the program itself, where it is installed: the same line, the same words, the same exit code. */
import { connect as connectTls } from "node:tls";
import { describe, expect } from "vitest";
import {
  closedPort,
  serves,
  stuckListener,
  tcpClient,
  tcpPeer,
  udpPeer,
} from "../helpers/peers.ts";
import { needs, peer as installed } from "../helpers/peers-installed.ts";
import { run, scratch, start, type Ended, type Running } from "../helpers/run-cli.ts";

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

const END = { ignore: "a stdin with nothing in it", pipe: "the end of a silent pipe" } as const;

/** A listener that is ready: ours, or the program itself. */
async function startOne(
  side: "ours" | "theirs",
  who: Who,
  words: string[],
  stdin: "ignore" | "pipe",
): Promise<Running & { port: number }> {
  const port = await closedPort();
  const args = [...words, "-v", String(port)];
  const server =
    side === "ours"
      ? start(["--compat", who, ...args], { stdin })
      : start(args, { stdin, program: installed(REAL[who]) });
  await server.said(/istening on .+\n/);
  return Object.assign(server, { port });
}

const CONNECTS: readonly (readonly [Who, ...string[]])[] = [
  ["ncat", "-z", "OPEN"],
  ["ncat", "-zv", "OPEN"],
  ["ncat", "-z", "CLOSED"],
  ["ncat", "-zv", "CLOSED"],
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
  ["openbsd", "-z", "CLOSED"],
  ["openbsd", "-zv", "CLOSED"],
  ["openbsd", "-N", "OPEN"],
  ["openbsd", "-vN", "OPEN"],
  ["traditional", "-z", "OPEN"],
  ["traditional", "-zv", "OPEN"],
  ["traditional", "-z", "CLOSED"],
  ["traditional", "-zv", "CLOSED"],
  ["traditional", "-nv", "CLOSED"],
  ["traditional", "CLOSED"],
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

  for (const who of ["ncat", "openbsd", "traditional"] as const) {
    needs(REAL[who])(`${who}: a connect timeout`, async () => {
      await using stuck = await stuckListener();
      for (const flags of [
        ["-w", "1"],
        ["-v", "-w", "1"],
      ]) {
        const [ours, theirs] = await both(who, [...flags, "127.0.0.1", String(stuck.port)]);
        expect([ours.code, plain(ours.stderr, who)]).toEqual([
          theirs.code,
          plain(theirs.stderr, who),
        ]);
      }
    });

    needs(REAL[who])(`${who}: a reset`, async () => {
      await using peer = await tcpPeer((socket) => {
        socket.once("data", () => socket.resetAndDestroy());
      });
      const ends: unknown[] = [];
      for (const program of [undefined, installed(REAL[who])]) {
        const compat = program === undefined ? ["--compat", who] : [];
        await using client = start([...compat, "127.0.0.1", String(peer.port)], {
          ...(program !== undefined && { program }),
        });
        client.stdin.write("hello");
        const { code, stdout, stderr } = await client.ended;
        ends.push({ code, stdout, stderr });
      }
      expect(ends[0]).toEqual(ends[1]);
    });

    needs(REAL[who])(`${who}: a UDP port that is closed, with -z`, async () => {
      const port = String(await closedPort());
      // OpenBSD's finds every port open but with -v, and does not say why it does not then.
      const flags = who === "openbsd" ? "-uzv" : "-uz";
      const [ours, theirs] = await both(who, [flags, "127.0.0.1", port]);
      expect(ours.code).toBe(theirs.code);
      if (who !== "openbsd") expect(ours.stderr).toBe(theirs.stderr);
    });

    needs(REAL[who])(`${who}: a wrong option`, async () => {
      const [ours, theirs] = await both(who, ["-Y", "127.0.0.1", "80"]);
      expect(ours.code).toBe(theirs.code);
    });
  }

  const WRONG: readonly (readonly [who: Who, code: number, line: string])[] = [
    ["ncat", 2, "-l -s 127.0.0.1 18080"],
    ["ncat", 2, "127.0.0.1 80 81"],
    ["ncat", 2, "-k 127.0.0.1 80"],
    ["ncat", 2, "-4 -6 127.0.0.1 80"],
    ["ncat", 2, "-n localhost 80"],
    ["ncat", 2, "--sour 127.0.0.1 127.0.0.1 80"],
    ["openbsd", 1, "-l -z 127.0.0.1 80"],
    ["openbsd", 1, "-k 127.0.0.1 80"],
    ["openbsd", 1, "127.0.0.1"],
    ["traditional", 1, ""],
  ];
  for (const [who, code, line] of WRONG) {
    needs(REAL[who])(`${who} ${line}: refused by both`, async () => {
      const [ours, theirs] = await both(who, line === "" ? [] : line.split(" "));
      expect([ours.code, theirs.code]).toEqual([code, code]);
      expect(ours.stderr).not.toBe("");
    });
  }

  const PLACES: readonly (readonly string[])[] = [
    ["-zv4", "localhost", "OPEN"],
    ["-v4N", "localhost", "OPEN"],
    ["-vnN", "127.0.0.1", "OPEN"],
    ["-zv4", "localhost", "CLOSED"],
    ["-v4", "localhost", "CLOSED"],
    ["-zvu4", "localhost", "CLOSED"],
    ["-zvu", "127.0.0.1", "CLOSED"],
    ["-zvu4", "localhost", "BOUND"],
    ["-s", "192.0.2.1", "127.0.0.1", "CLOSED"],
    ["-l", "no-such-host.invalid", "CLOSED"],
    ["-l", "192.0.2.1", "CLOSED"],
    ["-U", "FOLDER/none"],
    ["-vU", "FOLDER/none"],
    ["-uU", "FOLDER/none"],
    ["-lU", "FOLDER/none/x"],
    ["-luU", "FOLDER/none/x"],
  ];
  for (const words of PLACES) {
    needs(REAL.openbsd)(`openbsd ${words.join(" ")}: the place, as it says it`, async () => {
      await using folder = await scratch();
      await using tcp = await tcpPeer(serves.says("payload"));
      await using udp = await udpPeer();
      const ports: Record<string, number> = {
        OPEN: tcp.port,
        BOUND: udp.port,
        CLOSED: await closedPort(),
      };
      const args = words.map(
        (word) => `${ports[word] ?? word.replace("FOLDER", folder.path("."))}`,
      );
      const [ours, theirs] = await both("openbsd", args);
      expect(plain(ours.stderr, "openbsd")).toBe(plain(theirs.stderr, "openbsd"));
      expect([ours.code, ours.stdout]).toEqual([theirs.code, theirs.stdout]);
    });
  }

  for (const who of ["ours", "theirs"] as const) {
    needs(REAL.openbsd)(`openbsd -z: what a proxy says is said (${who})`, async () => {
      await using proxy = await tcpPeer((socket) => socket.end("HTTP/1.0 503 Busy\r\n\r\n"));
      const line = ["-z", "-X", "connect", "-x", `127.0.0.1:${proxy.port}`, "127.0.0.1", "80"];
      const { code, stderr } = await (who === "ours"
        ? run(["--compat", "openbsd", ...line])
        : run(line, { program: installed(REAL.openbsd) }));
      expect([code, stderr]).toEqual([1, expect.stringContaining("503 Busy")]);
    });
  }

  const ENDS: readonly (readonly [Who, ...string[]])[] = [
    ["ncat", "-l", "127.0.0.1"],
    ["ncat", "-lk", "127.0.0.1"],
    ["openbsd", "-lN", "127.0.0.1"],
    ["openbsd", "-lkN", "127.0.0.1"],
  ];
  for (const [who, ...words] of ENDS) {
    for (const stdin of ["ignore", "pipe"] as const) {
      for (const side of ["ours", "theirs"] as const) {
        needs(REAL[who])(
          `${who} ${words.join(" ")}: ${END[stdin]} half-closes (${side})`,
          async () => {
            await using server = await startOne(side, who, [...words], stdin);
            await using client = await tcpClient(server.port);
            if (stdin === "pipe") server.stdin.end();
            expect(String(await client.received)).toBe("");
            client.socket.end("still heard");
            await server.gave(/^still heard/);
          },
        );
      }
    }
  }

  for (const side of ["ours", "theirs"] as const) {
    needs("ncat")(`ncat -lk half-closes nobody who comes after stdin's end (${side})`, async () => {
      await using server = await startOne(side, "ncat", ["-lk", "127.0.0.1"], "pipe");
      await using first = await tcpClient(server.port);
      await using second = await tcpClient(server.port);
      await server.said(new RegExp(`:${second.port}\\.\n`));
      server.stdin.end("all there is");
      expect(String(await first.received)).toBe("all there is");
      expect(String(await second.received)).toBe("all there is");
      await using third = await tcpClient(server.port);
      third.socket.write("hello");
      await server.gave(/hello/);
      expect(third.socket.readableEnded).toBe(false);
    });

    needs("ncat")(`ncat -l --ssl with nothing to send ends its side (${side})`, async () => {
      await using server = await startOne(side, "ncat", ["-l", "--ssl", "127.0.0.1"], "ignore");
      const socket = connectTls({
        host: "127.0.0.1",
        port: server.port,
        rejectUnauthorized: false,
      });
      // Ours says goodbye in TLS's own words, ncat just goes.
      await new Promise((resolve) => socket.on("end", resolve).on("error", resolve).resume());
      socket.destroy();
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

/** Each flag of each netcat, beside the program itself: what it sends, what it prints, and how it ends. */
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { closedPort, HAS_IPV6, tcpClient, tcpPeer, udpPeer } from "../helpers/peers.ts";
import { needs, peer as installed } from "../helpers/peers-installed.ts";
import { run, scratch, start } from "../helpers/run-cli.ts";

const REAL = { ncat: "ncat", openbsd: "nc.openbsd", traditional: "nc.traditional" } as const;
type Who = keyof typeof REAL;

/** How to start ncx as that program, and the program. */
function sides(who: Who): readonly { before: readonly string[]; program?: string }[] {
  return [{ before: ["--compat", who] }, { before: [], program: installed(REAL[who]) }];
}

/** Says its piece and ends: once two lines have come, or at once to who sends none. */
function server(got: Buffer[], first: boolean): (socket: Socket) => void {
  return (socket) => {
    if (first) socket.end("answer\n");
    socket.on("data", (chunk: Buffer) => {
      got.push(chunk);
      if (/b\r?\n$/.test(String(Buffer.concat(got))) && !socket.writableEnded)
        socket.end("answer\n");
    });
  };
}

// FREE is a port of its own to each, FILE a file that is compared afterwards, and SOME one that only has to be there.
const CONNECTS: readonly (readonly [Who, ...string[]])[] = [
  ["ncat", "-4"],
  ["ncat", "--4"],
  ["ncat", "-C"],
  ["ncat", "--crlf"],
  ["ncat", "-w", "5s"],
  ["ncat", "--wait", "5000ms"],
  ["ncat", "-d", "20ms"],
  ["ncat", "--delay", "20ms"],
  ["ncat", "-n"],
  ["ncat", "--nodns"],
  ["ncat", "-p", "FREE"],
  ["ncat", "--source-port", "FREE"],
  ["ncat", "-s", "127.0.0.2"],
  ["ncat", "--source", "127.0.0.2"],
  ["ncat", "-o", "FILE"],
  ["ncat", "--output", "FILE"],
  ["ncat", "-o", "FILE", "--append-output"],
  ["ncat", "-x", "SOME"],
  ["ncat", "--hex-dump", "SOME"],
  ["ncat", "--recv-only"],
  ["ncat", "--send-only"],
  ["ncat", "--no-shutdown"],
  ["ncat", "-t"],
  ["ncat", "--telnet"],
  ["ncat", "--source-p", "FREE"],
  ["ncat", "--no-sh", "--nod"],
  ["openbsd", "-4"],
  ["openbsd", "-b"],
  ["openbsd", "-C"],
  ["openbsd", "-D"],
  ["openbsd", "-d"],
  ["openbsd", "-I", "4096"],
  ["openbsd", "-O", "4096"],
  ["openbsd", "-i", "1"],
  ["openbsd", "-M", "64"],
  ["openbsd", "-N"],
  ["openbsd", "-n"],
  ["openbsd", "-p", "FREE"],
  ["openbsd", "-q", "5"],
  ["openbsd", "-q", "-1"],
  ["openbsd", "-r"],
  ["openbsd", "-s", "127.0.0.2"],
  ["openbsd", "-T", "lowdelay"],
  ["openbsd", "-T", "0x10"],
  ["openbsd", "-t"],
  ["openbsd", "-W", "1"],
  ["openbsd", "-w", "5"],
  ["traditional", "-b"],
  ["traditional", "-i", "1"],
  ["traditional", "-k"],
  ["traditional", "-n"],
  ["traditional", "-o", "SOME"],
  ["traditional", "-p", "FREE"],
  ["traditional", "-q", "5"],
  ["traditional", "-r"],
  ["traditional", "-s", "127.0.0.2"],
  ["traditional", "-T", "Minimize-Delay"],
  ["traditional", "-t"],
  ["traditional", "-w", "5"],
];

describe("a flag of a client", () => {
  for (const [who, ...flags] of CONNECTS) {
    // -r of the real one may draw a port that somebody has.
    const options = { retry: flags[0] === "-r" ? 3 : 0 };
    needs(REAL[who])(`${who} ${flags.join(" ")}`, options, async () => {
      const ends: unknown[] = [];
      for (const { before, program } of sides(who)) {
        await using files = await scratch();
        const got: Buffer[] = [];
        const from: (string | undefined)[] = [];
        const first = flags[0] === "--recv-only" || (who === "openbsd" && flags[0] === "-d");
        await using peer = await tcpPeer((socket) => {
          from.push(socket.remoteAddress);
          server(got, first)(socket);
        });
        const free = String(await closedPort());
        const words = flags.map((word) =>
          word === "FREE" ? free : /^(FILE|SOME)$/.test(word) ? files.path("dump") : word,
        );
        const { code, stdout } = await run([...before, ...words, "127.0.0.1", `${peer.port}`], {
          input: "a\nb\n",
          ...(program !== undefined && { program }),
        });
        const dump = flags.includes("FILE") ? await readFile(files.path("dump"), "utf8") : "";
        if (flags.includes("SOME"))
          expect(await readFile(files.path("dump"), "utf8")).toMatch(/61 0a/i);
        ends.push({ code, stdout, from, got: String(Buffer.concat(got)), dump });
      }
      expect(ends[0]).toEqual(ends[1]);
      expect(ends[0]).toMatchObject({ code: 0 });
    });
  }
});

describe.skipIf(!HAS_IPV6)("IPv6", () => {
  const SIXES: readonly (readonly [Who, string])[] = [
    ["ncat", "-6"],
    ["ncat", "--6"],
    ["openbsd", "-6"],
  ];
  for (const [who, flag] of SIXES) {
    needs(REAL[who])(`${who} ${flag}`, async () => {
      for (const { before, program } of sides(who)) {
        const got: Buffer[] = [];
        await using peer = await tcpPeer(server(got, false), { host: "::1", port: 0 });
        const { code, stdout } = await run([...before, flag, "::1", String(peer.port)], {
          input: "a\nb\n",
          ...(program !== undefined && { program }),
        });
        expect([code, stdout, String(Buffer.concat(got))]).toEqual([0, "answer\n", "a\nb\n"]);
      }
    });
  }
});

describe("silence", () => {
  for (const flag of ["-i", "--idle-timeout", "--idle"]) {
    needs("ncat")(`ncat ${flag} ends it`, async () => {
      await using peer = await tcpPeer((socket) => void socket.resume());
      const ends: unknown[] = [];
      for (const { before, program } of sides("ncat")) {
        const { code, stderr } = await run(
          [...before, flag, "300ms", "127.0.0.1", String(peer.port)],
          program === undefined ? {} : { program },
        );
        ends.push([code, stderr]);
      }
      expect(ends[0]).toEqual([1, "Ncat: Idle timeout expired (300 ms).\n"]);
      expect(ends[0]).toEqual(ends[1]);
    });
  }

  for (const who of ["openbsd", "traditional"] as const) {
    needs(REAL[who])(`${who} -w ends it, with 0`, async () => {
      await using peer = await tcpPeer((socket) => void socket.resume());
      for (const { before, program } of sides(who)) {
        const ended = await run(
          [...before, "-w", "1", "127.0.0.1", String(peer.port)],
          program === undefined ? {} : { program },
        );
        expect(ended).toMatchObject({ code: 0, stdout: "", stderr: "" });
      }
    });
  }
});

// Of several lines that it reads at once it changes the last one alone.
needs("nc.traditional")("traditional -C: one line", async () => {
  for (const { before, program } of sides("traditional")) {
    const got: Buffer[] = [];
    await using peer = await tcpPeer(server(got, false));
    await run([...before, "-C", "127.0.0.1", String(peer.port)], {
      input: "b\n",
      ...(program !== undefined && { program }),
    });
    expect(String(Buffer.concat(got))).toBe("b\r\n");
  }
});

describe("a full house", () => {
  for (const flag of ["-m", "--max-conns"]) {
    needs("ncat")(`ncat ${flag} 1 closes the second client`, async () => {
      for (const { before, program } of sides("ncat")) {
        const port = await closedPort();
        await using running = start(
          [...before, "-lkv", flag, "1", "127.0.0.1", String(port)],
          program === undefined ? {} : { program },
        );
        await running.said(/istening on/);
        await using first = await tcpClient(port);
        first.socket.write("first\n");
        await running.gave(/first/);
        await using second = await tcpClient(port);
        expect(String(await second.received)).toBe("");
        first.socket.write("still there\n");
        await running.gave(/still there/);
      }
    });
  }
});

const UNIX: readonly (readonly [Who, ...string[]])[] = [
  ["ncat", "-U"],
  ["ncat", "--unixsock"],
  ["openbsd", "-NU"],
];

describe("a unix socket", () => {
  for (const [who, ...flags] of UNIX) {
    // -r of the real one may draw a port that somebody has.
    const options = { retry: flags[0] === "-r" ? 3 : 0 };
    needs(REAL[who])(`${who} ${flags.join(" ")}`, options, async () => {
      const ends: unknown[] = [];
      for (const { before, program } of sides(who)) {
        await using files = await scratch();
        const path = files.path("a.sock");
        const got: Buffer[] = [];
        await using _peer = await tcpPeer(server(got, false), { path });
        const { code, stdout, stderr } = await run([...before, ...flags, path], {
          input: "a\nb\n",
          ...(program !== undefined && { program }),
        });
        ends.push({ code, stdout, stderr, got: String(Buffer.concat(got)) });
      }
      expect(ends[0]).toEqual(ends[1]);
      expect(ends[0]).toMatchObject({ code: 0, stdout: "answer\n", got: "a\nb\n" });
    });
  }
});

describe("a flag of a listener", () => {
  const LISTENERS: readonly (readonly [Who, clients: number, ...string[]])[] = [
    ["ncat", 1, "-l", "127.0.0.1", "PORT"],
    ["ncat", 1, "--listen", "127.0.0.1", "PORT"],
    ["ncat", 1, "-l", "-i", "5", "127.0.0.1", "PORT"],
    ["ncat", 2, "-k", "-l", "127.0.0.1", "PORT"],
    ["ncat", 2, "--keep-open", "-l", "127.0.0.1", "PORT"],
    ["openbsd", 1, "-l", "127.0.0.1", "PORT"],
    ["openbsd", 1, "-l", "-s", "127.0.0.1", "-p", "PORT"],
    ["openbsd", 1, "-l", "-w", "5", "127.0.0.1", "PORT"],
    ["openbsd", 2, "-k", "-l", "127.0.0.1", "PORT"],
    ["traditional", 1, "-l", "-s", "127.0.0.1", "-p", "PORT"],
    ["traditional", 1, "-l", "-k", "-s", "127.0.0.1", "-p", "PORT"],
  ];
  for (const [who, clients, ...flags] of LISTENERS) {
    needs(REAL[who])(`${who} ${flags.join(" ")}: ${clients}`, async () => {
      const ends: unknown[] = [];
      for (const { before, program } of sides(who)) {
        const port = await closedPort();
        const words = flags.map((word) => (word === "PORT" ? String(port) : word));
        await using running = start([...before, "-v", ...words], {
          stdin: "ignore",
          ...(program !== undefined && { program }),
        });
        await running.said(/istening on/);
        for (let at = 1; at <= clients; at += 1) {
          await using client = await tcpClient(port);
          client.socket.end(`client ${at}\n`);
          await running.gave(new RegExp(`client ${at}\\n`));
        }
        if (clients > 1) running.kill("SIGTERM");
        const { code, stdout } = await running.ended;
        ends.push({ stdout, code: clients > 1 ? "ended" : code });
      }
      expect(ends[0]).toEqual(ends[1]);
    });
  }
});

describe("one client at a time", () => {
  needs("nc.openbsd")(
    "openbsd -lk: the second waits for the first to go, and loses nothing",
    async () => {
      for (const { before, program } of sides("openbsd")) {
        const port = await closedPort();
        await using running = start([...before, "-lkv", "127.0.0.1", String(port)], {
          stdin: "ignore",
          ...(program !== undefined && { program }),
        });
        await running.said(/istening on/);
        await using first = await tcpClient(port);
        first.socket.write("first\n");
        await running.gave(/first/);
        await using second = await tcpClient(port);
        second.socket.end("second\n");
        first.socket.write("still first\n");
        await running.gave(/still first/);
        first.socket.end();
        await running.gave(/second/);
        running.kill("SIGTERM");
        expect((await running.ended).stdout).toBe("first\nstill first\nsecond\n");
      }
    },
  );

  needs("nc.openbsd")("openbsd -lku: datagrams of everybody", async () => {
    for (const { before, program } of sides("openbsd")) {
      const port = await closedPort();
      await using running = start([...before, "-lkuv", "127.0.0.1", String(port)], {
        stdin: "ignore",
        ...(program !== undefined && { program }),
      });
      await running.said(/Bound on/);
      await using first = await udpPeer();
      await using second = await udpPeer();
      first.send("first\n", port);
      await running.gave(/first/);
      second.send("second\n", port);
      await running.gave(/second/);
    }
  });
});

describe("UDP", () => {
  const CLIENTS: readonly (readonly [Who, ...string[]])[] = [
    ["ncat", "-u"],
    ["ncat", "--udp"],
    ["openbsd", "-u", "-q", "0"],
    ["openbsd", "-u", "-w", "1"],
    ["traditional", "-u", "-q", "0"],
  ];
  for (const [who, ...flags] of CLIENTS) {
    needs(REAL[who])(`${who} ${flags.join(" ")}`, async () => {
      for (const { before, program } of sides(who)) {
        await using peer = await udpPeer();
        const { code } = await run([...before, ...flags, "127.0.0.1", `${peer.port}`], {
          input: "datagram",
          ...(program !== undefined && { program }),
        });
        expect(String((await peer.next()).datagram)).toBe("datagram");
        expect(code).toBe(0);
      }
    });
  }
});

describe("what Node cannot do is refused by name, with 2", () => {
  test.each<[Who | "ncx", string, RegExp]>([
    ["ncat", "--sctp", /SCTP/],
    ["ncat", "--vsock", /vsock/],
    ["ncat", "-g 10.0.0.1", /source routing/],
    ["ncat", "-G 4", /source routing/],
    ["openbsd", "-F", /descriptor/],
    ["openbsd", "-S", /TCP segments/],
    ["openbsd", "-Z", /DCCP/],
    ["openbsd", "-V 1", /routing table/],
    ["openbsd", "-m 3", /hop limit/],
    ["traditional", "-a", /never got to it/],
    ["traditional", "-g 10.0.0.1", /source routing/],
    ["traditional", "-G 4", /source routing/],
    ["ncx", "-F", /descriptor/],
    ["ncx", "-S", /TCP segments/],
    ["ncx", "-Z", /DCCP/],
    ["ncx", "-g 10.0.0.1", /source routing/],
    ["ncx", "--sctp", /SCTP/],
    ["ncx", "--vsock", /vsock/],
    ["ncx", "--min-ttl 3", /hop limit/],
    ["ncx", "--routing-table 1", /routing table/],
    ["ncx", "--source-route-pointer 4", /source routing/],
  ])("%s %s", async (who, flag, reason) => {
    const words = flag.split(" ");
    for (const place of [
      ["127.0.0.1", "80"],
      ["-l", "-p", "0"],
    ]) {
      const { code, stdout, stderr } = await run(["--compat", who, ...words, ...place]);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(new RegExp(`Cannot use ${words[0]}: `));
      expect(stderr).toMatch(reason);
    }
  });
});

describe("what has no effect says so, and goes on", () => {
  test.each([
    ["openbsd", "-D", "Ignored -D: Node cannot set SO_DEBUG"],
    ["ncat", "--nsock-engine=poll", "Ignored --nsock-engine: Node has one event loop of its own"],
  ])("%s %s", async (who, flag, said) => {
    await using peer = await tcpPeer((socket) => void socket.resume().end("answer\n"));
    const { code, stdout, stderr } = await run([
      "--compat",
      who,
      flag,
      "127.0.0.1",
      String(peer.port),
    ]);
    expect([code, stdout]).toEqual([0, "answer\n"]);
    expect(stderr).toContain(said);
  });
});

describe("help", () => {
  test.each([
    ["ncat", "-h", "x", "hex-dump"],
    ["ncat", "--help", "x", "hex-dump"],
    ["openbsd", "-h", "x", "proxy"],
    ["traditional", "-h", "o", "hex-dump"],
  ])("%s %s shows its letters", async (who, flag, letter, name) => {
    const { code, stdout } = await run(["--compat", who, flag]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^ {2}-${letter}, --${name} `, "m"));
  });

  test("ncat --version is ours", async () => {
    expect((await run(["--compat", "ncat", "--version"])).stdout).toMatch(/^ncx \d/);
  });
});

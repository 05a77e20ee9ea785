/** ncx scan. What is open, closed or refused is ours; filtered ports are made in test/interop/scan.test.ts. */
import { readFile, writeFile } from "node:fs/promises";
import type { AddressInfo, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { selfSigned } from "../helpers/certs.ts";
import { closedPort, serves, tcpPeer, udpPeer } from "../helpers/peers.ts";
import { CLI, run, scratch, start } from "../helpers/run-cli.ts";
import { findPty, openNcx } from "../helpers/terminal.ts";

interface Line {
  port: number;
  protocol: string;
  state: string;
  reason: string;
  service?: string;
  banner?: { protocol: string; text: string; tls?: Readonly<Record<string, unknown>> };
  was?: string | null;
}

function lines(stdout: string): Line[] {
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

describe("ncx scan", () => {
  test("says what is open and what is closed, and is 0", async () => {
    await using peer = await tcpPeer();
    const closed = await closedPort();
    const { code, stdout, stderr } = await run([
      "scan",
      "-p",
      `${peer.port},${closed}`,
      "127.0.0.1",
      "--reason",
    ]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /^Scan report for 127\.0\.0\.1\nPORT +STATE +SERVICE +CATEGORY +REASON\n/,
    );
    expect(stdout).toMatch(
      new RegExp(`^${peer.port}/tcp +open +\\S+ +(registered|dynamic) +syn-ack$`, "m"),
    );
    expect(stdout).toMatch(
      new RegExp(`^${closed}/tcp +closed +\\S+ +registered +conn-refused$`, "m"),
    );
  });

  test("is 1 where nothing is open; --quiet is silent on stderr alone", async () => {
    const port = await closedPort();
    const { code, stdout, stderr } = await run([
      "scan",
      "-p",
      String(port),
      "127.0.0.1",
      "nosuch.invalid",
      "--quiet",
    ]);
    expect([code, stderr]).toEqual([2, ""]);
    expect(stdout).toMatch(new RegExp(`^${port}/tcp +closed`, "m"));
    expect((await run(["scan", "-p", String(port), "127.0.0.1"])).code).toBe(1);
  });

  test("--json is one result a line", async () => {
    await using peer = await tcpPeer();
    const { stdout } = await run(["scan", "--json", "-p", String(peer.port), "127.0.0.1"]);
    expect(lines(stdout)).toEqual([
      expect.objectContaining({
        host: "127.0.0.1",
        address: "127.0.0.1",
        port: peer.port,
        protocol: "tcp",
        state: "open",
        reason: "syn-ack",
      }),
    ]);
  });

  test.each(["--json", "--csv"])(
    "%s names every port that is asked for, closed or not",
    async (form) => {
      const closed = await closedPort();
      const { stdout } = await run(["scan", form, "-p", `19,79,${closed}`, "127.0.0.1"]);
      const found =
        form === "--json"
          ? lines(stdout).map(({ port, state, service }) => [port, state, service ?? ""])
          : stdout
              .trim()
              .split("\n")
              .slice(1)
              .map((line) => line.split(","))
              .map(([, , , port, state, , service]) => [Number(port), state, service]);
      // Whether anybody listens at 19 and 79 is the machine's own affair.
      expect(found).toContainEqual([19, expect.any(String), "chargen"]);
      expect(found).toContainEqual([79, expect.any(String), "finger"]);
      expect(found).toContainEqual([closed, "closed", expect.any(String)]);
      expect(found).toHaveLength(3);
    },
  );

  test("writes -oG, -oX and -oN to files, or one of them to stdout", async () => {
    await using folder = await scratch();
    await using peer = await tcpPeer();
    const [grep, xml, normal] = ["g", "x", "n"].map((name) => folder.path(name));
    const port = String(peer.port);
    const both = ["-oG", String(grep), "-oX", String(xml), `-oN${normal}`];
    const { stdout } = await run(["scan", "-p", port, "127.0.0.1", ...both]);
    expect(await readFile(String(grep), "utf8")).toContain(`\tPorts: ${port}/open/tcp//`);
    expect(await readFile(String(xml), "utf8")).toContain(`portid="${port}"><state state="open"`);
    expect(await readFile(String(normal), "utf8")).toBe(stdout);
    const alone = await run(["scan", "-p", port, "127.0.0.1", "-oX", "-"]);
    expect(alone.stdout).toMatch(/^<\?xml[\s\S]*<\/nmaprun>\n$/);
  });

  test("-oA BASE writes all three, and prints the table", async () => {
    await using folder = await scratch();
    await using peer = await tcpPeer();
    const base = folder.path("all");
    const { stdout } = await run(["scan", "-p", String(peer.port), "127.0.0.1", "-oA", base]);
    expect(await readFile(`${base}.nmap`, "utf8")).toBe(stdout);
    expect(await readFile(`${base}.gnmap`, "utf8")).toContain(`\tPorts: ${peer.port}/open/tcp//`);
    expect(await readFile(`${base}.xml`, "utf8")).toContain(
      `<scaninfo type="connect" protocol="tcp" numservices="1" services="${peer.port}"/>`,
    );
  });

  test.each([
    ["table", /^Scan report for/],
    ["json", /^\{"host":"127\.0\.0\.1",.*\}\n$/],
    ["csv", /^host,address,.*\n127\.0\.0\.1,/],
    ["grep", /^# Ncx .*\nHost: 127\.0\.0\.1 \(\)\tStatus: Up\n/],
    ["xml", /^<\?xml[\s\S]*<\/nmaprun>\n$/],
  ])("--format %s", async (format, expected) => {
    await using peer = await tcpPeer();
    const { code, stdout } = await run([
      "scan",
      "--format",
      format,
      "-p",
      String(peer.port),
      "127.0.0.1",
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(expected);
  });

  test.each([["-Taggressive"], ["-T4"], ["--timing=POLITE"]])("takes nmap's %s", async (timing) => {
    await using peer = await tcpPeer();
    expect((await run(["scan", timing, "-p", String(peer.port), "127.0.0.1"])).code).toBe(0);
  });

  test("a line of -iL that is no host is told with its place, and the others are scanned", async () => {
    await using peer = await tcpPeer();
    const port = String(peer.port);
    const list = { input: "127.0.0.1\n# none\nbad..name 127.0.0.2\n127.0.0.3:22\n" };
    const { code, stdout, stderr } = await run(["scan", "--json", "-p", port, "-iL", "-"], list);
    expect(lines(stdout)).toHaveLength(2);
    expect(stderr).toContain('Cannot use host "bad..name" (stdin, line 3)');
    expect(stderr).toContain('Cannot scan "127.0.0.3:22" (stdin, line 4)');
    expect(code).toBe(2);
    const none = await run(["scan", "-p", port, "127.0.0.1", "--exclude-file", "-"], list);
    expect([none.code, none.stdout]).toEqual([2, ""]);
    expect(none.stderr).toContain("stdin, line 3");
  });

  test("--csv has a head and a line for each port", async () => {
    await using peer = await tcpPeer();
    const { stdout } = await run(["scan", "--csv", "-p", String(peer.port), "127.0.0.1"]);
    expect(stdout).toMatch(
      /^host,address,protocol,port,state,.*\n127\.0\.0\.1,127\.0\.0\.1,tcp,\d+,open,.*\n$/,
    );
  });

  test("UDP: an answer is open, a refusal closed, silence neither", async () => {
    await using answers = await udpPeer((datagram, from, socket) =>
      socket.send("yes", from.port, from.address),
    );
    await using silent = await udpPeer();
    const list = [answers.port, silent.port, await closedPort()];
    const { stdout, code } = await run([
      "scan",
      "-sU",
      "-p",
      list.join(),
      "-t",
      "100ms",
      "--json",
      "127.0.0.1",
    ]);
    const states = new Map(
      lines(stdout).map(({ port, state, reason }) => [port, `${state} ${reason}`]),
    );
    expect(list.map((port) => states.get(port))).toEqual([
      "open udp-response",
      "open|filtered no-response",
      "closed port-unreach",
    ]);
    expect(code).toBe(0);
  });

  test("scans each host of a range once, those apart that are left out", async () => {
    const port = String(await closedPort());
    const { stdout } = await run(
      [
        "scan",
        "--json",
        "-p",
        port,
        "127.0.0.1-3,5",
        "127.0.0.8/30",
        "-iL",
        "-",
        "--exclude",
        "127.0.0.2,127.0.0.9",
      ],
      { input: "127.0.0.5 # again\n127.0.1.1\n" },
    );
    expect(stdout.match(/(?<="address":")[^"]+/g)).toEqual(
      ["0.1", "0.3", "0.5", "0.8", "0.10", "0.11", "1.1"].map((end) => `127.0.${end}`),
    );
  });

  test("--rate holds the probes back", async () => {
    const from = await closedPort();
    const started = performance.now();
    await run(["scan", "-p", `${from}-${from + 20}`, "--rate", "100", "127.0.0.1"]);
    expect(performance.now() - started).toBeGreaterThan(180);
  });

  test("--progress says how far it is, and how long the rest takes", async () => {
    const from = await closedPort();
    const { stderr } = await run([
      "scan",
      "-p",
      `${from}-${from + 59}`,
      "--rate",
      "100",
      "--progress",
      "127.0.0.1",
    ]);
    expect(stderr).toMatch(/\d+ %, \d+ of 60 ports, (less than )?\d+ s left/);
    expect(stderr.endsWith("\r\u001b[K")).toBe(true);
  });

  test("--progress goes on while ports are silent, and never says that nothing is left", async () => {
    await using silent = await udpPeer();
    const list = ["-sU", "-p", String(silent.port), "-t", "500ms", "127.0.0.1"];
    const { stderr } = await run(["scan", "--progress", ...list]);
    const seen = Array.from(stderr.matchAll(/(\d+) %, 0 of 1 ports, (.*?)\r/g));
    expect(seen.length).toBeGreaterThan(2);
    expect(Math.max(...seen.map(([, percent]) => Number(percent)))).toBeGreaterThan(20);
    for (const [, percent, rest] of seen) {
      expect(Number(percent)).toBeLessThan(100);
      expect(rest).toMatch(/^(less than )?[12] s left$|^waiting for the silent ones$/);
    }
  });

  test("banners are a phase of their own; ^C in it loses no port", async () => {
    await using silent = await tcpPeer();
    const list = ["-p", String(silent.port), "127.0.0.1"];
    await using running = start(["scan", "--banner", "--progress", ...list]);
    await running.said(/banners: \d+ %, 0 of 1 ports, \d+ s left/);
    running.kill("SIGINT");
    const { code, stdout } = await running.ended;
    expect(code).toBe(130);
    expect(stdout).toMatch(new RegExp(`^${silent.port}/tcp +open`, "m"));
  });

  test.each<[string[], RegExp, RegExp]>([
    [
      [],
      /^Cut short: interrupted, 5\d of 52 ports were not answered yet$/m,
      /^(?![\s\S]*cut short: )/,
    ],
    [["-oX", "-"], /exit="error" errormsg="interrupted, 5\d of 52 ports were/, /cut short: int/],
    [
      ["-oG", "-"],
      /^# Ncx cut short at .*scanned: interrupted, 5\d of 52 ports/m,
      /cut short: int/,
    ],
    [["--csv"], /,open,/, /cut short: interrupted, 5\d of 52 ports were not answered yet/],
  ])("a scan that is cut short says so: %j", async (form, out, err) => {
    await using peer = await tcpPeer();
    const closed = await closedPort();
    const list = `${peer.port},${closed}-${closed + 50}`;
    await using running = start([
      "scan",
      ...form,
      "-p",
      list,
      "--rate",
      "2",
      "--progress",
      "127.0.0.1",
    ]);
    await running.said(/[1-9] of 52 ports/);
    running.kill("SIGINT");
    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(stdout).toMatch(out);
    expect(stderr).toMatch(err);
  });

  test("^C prints what was found until then", async () => {
    await using peer = await tcpPeer();
    const closed = await closedPort();
    await using folder = await scratch();
    const file = folder.path("grep");
    await using running = start([
      "scan",
      "--json",
      "-p",
      `${peer.port},${closed}-${closed + 50}`,
      "--rate",
      "2",
      "127.0.0.1",
      "-oG",
      file,
    ]);
    await running.gave(/"state":"open"/);
    running.kill("SIGINT");
    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(await readFile(file, "utf8")).toContain(`Ports: ${peer.port}/open/tcp//`);
    expect(stdout).not.toContain("cut short");
    expect(stderr).toMatch(/cut short: interrupted, \d+ of 52 ports were not answered yet/);
  });

  test.skipIf(process.platform === "win32")(
    "with few descriptors it is slower, and not wrong",
    async () => {
      await using peer = await tcpPeer();
      const from = await closedPort();
      const command = `ulimit -n 40; exec "$0" "$@"`;
      const args = [
        "scan",
        "--json",
        "-T5",
        "-p",
        `${from}-${from + 299},${peer.port}`,
        "127.0.0.1",
      ];
      const { stdout } = await run(["-c", command, process.execPath, CLI, ...args], {
        program: "sh",
      });
      const found = lines(stdout);
      expect(found.find(({ port }) => port === peer.port)?.state).toBe("open");
      expect(found.filter(({ state }) => !/^(open|closed)$/.test(state))).toEqual([]);
    },
  );
});

describe("ncx scan --diff", () => {
  test("is 3 and says what opened and closed since; 0 where nothing did", async () => {
    await using folder = await scratch();
    const file = folder.path("last.json");
    const gone = await tcpPeer();
    await using peer = await tcpPeer();
    const list = ["-p", `${gone.port},${peer.port}`, "127.0.0.1"];
    const first = await run(["scan", "--json", ...list]);
    const changed = first.stdout.replace(
      new RegExp(`("port":${peer.port},.*"state":)"open"`),
      '$1"closed"',
    );
    await writeFile(file, changed);
    await gone[Symbol.asyncDispose]();
    const { code, stdout } = await run(["scan", "--diff", file, ...list]);
    expect(code).toBe(3);
    expect(stdout.split("\n").sort().slice(1)).toEqual([
      expect.stringMatching(
        new RegExp(`^\\+ 127\\.0\\.0\\.1 ${peer.port}/tcp open.* \\(was closed\\)$`),
      ),
      expect.stringMatching(
        new RegExp(`^- 127\\.0\\.0\\.1 ${gone.port}/tcp closed.* \\(was open\\)$`),
      ),
    ]);
    const again = await run(["scan", "--json", ...list]);
    await writeFile(file, again.stdout);
    expect(await run(["scan", "--diff", file, ...list])).toMatchObject({ code: 0, stdout: "" });
    await writeFile(file, "nonsense\n");
    const bad = await run(["scan", "--diff", file, ...list]);
    expect([bad.code, bad.stderr]).toEqual([
      2,
      expect.stringContaining("line 1: not a result of ncx scan --json"),
    ]);
  });
});

describe("ncx scan --expect", () => {
  test("is 0 when just these are open, and 1 with what differs", async () => {
    await using peer = await tcpPeer();
    await using other = await tcpPeer();
    const closed = await closedPort();
    const scan = (...args: string[]): ReturnType<typeof run> =>
      run(["scan", "127.0.0.1", "--quiet", ...args]);
    const all = `${peer.port},${other.port},${closed}`;
    expect((await scan("-p", all, "--expect", `${peer.port},${other.port}`)).code).toBe(0);
    expect((await scan("--expect-closed", String(closed))).code).toBe(0);
    const wrong = await run(["scan", "127.0.0.1", "-p", all, "--expect", `${peer.port},${closed}`]);
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain(`- 127.0.0.1 ${closed}/tcp is closed, and should be open`);
    expect(wrong.stderr).toContain(
      `+ 127.0.0.1 ${other.port}/tcp is open, and is not expected to be`,
    );
    const open = await run(["scan", "127.0.0.1", "--expect-closed", String(peer.port)]);
    expect([open.code, open.stderr]).toEqual([
      1,
      expect.stringContaining(`+ 127.0.0.1 ${peer.port}/tcp is open, and should not be`),
    ]);
  });
});

/** Answers a question that begins so, and hangs up on any other. */
function answers(question: string | Buffer, answer: string | Buffer): (socket: Socket) => void {
  return (socket) =>
    socket.once("data", (said: Buffer) => {
      if (said.subarray(0, question.length).equals(Buffer.from(question))) socket.write(answer);
      else socket.end();
    });
}

describe("ncx scan --banner", () => {
  test.each<[string, (socket: Socket) => void, string]>([
    ["ssh", (socket) => socket.write("SSH-2.0-Test_1\r\n"), "SSH-2.0-Test_1"],
    ["smtp", (socket) => socket.write("220 m ESMTP\r\n"), "220 m ESMTP"],
    ["ftp", (socket) => socket.write("220 FTP here\r\n"), "220 FTP here"],
    ["imap", (socket) => socket.write("* OK there\r\n"), "* OK there"],
    ["pop3", (socket) => socket.write("+OK there\r\n"), "+OK there"],
    ["vnc", (socket) => socket.write("RFB 003.008\n"), "RFB 003.008"],
    ["mysql", (socket) => socket.write(Buffer.from("\x0a\0\0\0\x0a9.1.0\0xx", "latin1")), "9.1.0"],
    [
      "http",
      answers("GET / HTTP/1.0\r\n", "HTTP/1.0 200 OK\r\nServer: t/1\r\n\r\n"),
      "HTTP/1.0 200 OK (t/1)",
    ],
    ["redis", answers("*1\r\n$4\r\nPING\r\n", "+PONG\r\n"), "+PONG"],
    ["postgresql", answers(Buffer.from("0000000804d2162f", "hex"), "N"), "no TLS"],
    [
      "mqtt",
      answers(Buffer.from("100f00044d515454", "hex"), Buffer.from("20020000", "hex")),
      "connection accepted",
    ],
    ["echo", serves.echo, "says what it is told"],
    ["tcpwrapped", serves.hangUp, "hangs up at once"],
    ["unknown", (socket) => socket.write("hello wörld ☃\n"), "hello wörld ☃"],
  ])("knows %s", async (protocol, serve, text) => {
    await using peer = await tcpPeer(serve);
    const { stdout } = await run([
      "scan",
      "--banner",
      "--json",
      "-p",
      String(peer.port),
      "127.0.0.1",
    ]);
    expect(lines(stdout)[0]?.banner).toEqual({ protocol, text });
  });

  test("knows TLS, whose certificate it is, and what is spoken beneath it", async () => {
    const server = createTlsServer(selfSigned("DNS:a.example", "DNS:b.example"), (socket) => {
      socket.on("error", () => {});
      socket.write("* OK IMAP over TLS\r\n");
    }).listen(0, "127.0.0.1");
    server.on("tlsClientError", () => {});
    await once(server, "listening");
    const { port } = server.address() as AddressInfo; // it listens on a port
    const { stdout } = await run(["scan", "--banner", "--json", "-p", String(port), "127.0.0.1"]);
    const table = await run(["scan", "-sV", "-p", String(port), "127.0.0.1"]);
    server.close();
    expect(lines(stdout)[0]?.banner).toMatchObject({
      protocol: "imap",
      tls: {
        version: "TLSv1.3",
        names: ["a.example", "b.example"],
        selfSigned: true,
        expires: expect.any(String),
      },
    });
    expect(table.stdout).toMatch(
      /BANNER\n.* imap \* OK IMAP over TLS, TLSv1\.3 .*a\.example, b\.example until \d{4}-\d\d-\d\d\n/,
    );
  });

  test("takes no more of a banner without end than it shows", async () => {
    let sent = 0;
    await using peer = await tcpPeer((socket) => {
      const chunk = Buffer.alloc(64 * 1024, "x");
      const more = (): void => {
        while (!socket.destroyed && sent < 1e9) {
          sent += chunk.length;
          if (!socket.write(chunk)) return void socket.once("drain", more);
        }
      };
      more();
    });
    const { code, stdout } = await run([
      "scan",
      "--banner",
      "--json",
      "-p",
      String(peer.port),
      "127.0.0.1",
    ]);
    expect(code).toBe(0);
    expect(lines(stdout)[0]?.banner?.text).toHaveLength(120);
    expect(sent).toBeLessThan(100e6);
  });

  test("prints no escape sequence that a service sends", async () => {
    await using peer = await tcpPeer(serves.says("\x1b[2J\x1b]0;owned\x07hello\n"));
    const { stdout } = await run(["scan", "--banner", "-p", String(peer.port), "127.0.0.1"]);
    expect(stdout).toContain("[2J ]0;owned hello");
    expect(stdout).not.toContain("\x1b");
  });
});

describe("bad input", () => {
  test.each([
    [
      ["-p", "0,70000", "127.0.0.1"],
      'Cannot parse ports "0": a port is 1-65535; "70000": a port is 1-65535',
    ],
    [["-p", "22,", "127.0.0.1"], 'Cannot parse ports "22,": a part of it is empty'],
    [["-6", "-p", "22", "127.0.0.1"], 'Cannot scan "127.0.0.1" by v6: it is a v4 address'],
    [["127.0.0.1:22"], "use ncx scan -p 22 127.0.0.1"],
    [["[::1]:http"], "use ncx scan -p http [::1]"],
    [["http://127.0.0.1/"], "use ncx scan -p 80 127.0.0.1"],
    [["gopher://127.0.0.1:7070/"], "use ncx scan -p 7070 127.0.0.1"],
    [["0.0.0.0/0"], "scan it in parts"],
    [["--json", "--csv", "127.0.0.1"], "Cannot use --json and --csv: both write to stdout"],
    [["--json", "-oG", "-", "127.0.0.1"], "Cannot use --json and -oG -: both write to stdout"],
    [["-oG", "-", "-oX-", "127.0.0.1"], "Cannot use -oG - and -oX -: both write to stdout"],
    [["--format", "xml", "--csv", "127.0.0.1"], "Cannot use --format xml and --csv"],
    [["--format", "lsof", "127.0.0.1"], "use table, json, csv, grep, xml"],
    [["--min-rate", "100", "127.0.0.1"], "a scan is as fast as answers come"],
    [["-p", "1,70000", "127.0.0.1"], 'Cannot parse ports "70000": a port is 1-65535'],
    [["-p", "80-20", "127.0.0.1"], 'Cannot parse ports "80-20": the range ends before it begins'],
    [["-p", "nosuchservice", "127.0.0.1"], "no tcp service is called so"],
    [["10.0.0.0/15"], "Cannot scan 131,072 addresses: that is more than a /16"],
    [["2001:db8::/64"], "that is more than a /8"],
    [["--yes", "10.0.0.0/7"], "that is more than a /8"],
    [["--exclude", "127.0.0.0/8", "127.0.0.1"], "every address is left out"],
    [["-p", "22", "--exclude-ports", "22", "127.0.0.1"], "every port is left out"],
    [["127.0.0.256"], "an octet is 0-255"],
    [["-sS", "127.0.0.1"], "it needs raw packets"],
    [["-T6", "127.0.0.1"], 'Cannot use -T "6"'],
    [["-iL", "/nonexistent/list"], "no such file or directory"],
    [["--diff", "/nonexistent/last.json", "127.0.0.1"], "no such file or directory"],
    [[], "there is no target"],
  ])("%j: %s", async (args, message) => {
    const { code, stdout, stderr } = await run(["scan", ...args]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  test("a target that doesn't resolve among fifty that do is told, and the others are scanned", async () => {
    await using peer = await tcpPeer();
    const fifty = ["127.0.0.1-25", "nosuch.invalid", "127.0.0.26-50"];
    const { code, stdout, stderr } = await run([
      "scan",
      "--json",
      "-p",
      String(peer.port),
      ...fifty,
    ]);
    expect(lines(stdout)).toHaveLength(50);
    expect(lines(stdout)[0]?.state).toBe("open");
    expect(stderr).toContain("nosuch.invalid");
    expect(code).toBe(2);
  });

  test.each([["-oX"], ["-oG"], ["-oN"], ["-oA"]])(
    "%s: a file that cannot be written is told before anything is asked",
    async (letter) => {
      let asked = false;
      await using peer = await tcpPeer(() => (asked = true));
      const list = ["-p", String(peer.port), "127.0.0.1"];
      const { code, stdout, stderr } = await run(["scan", ...list, letter, "/nonexistent/x"]);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain('Cannot write "/nonexistent/x');
      expect(asked).toBe(false);
    },
  );

  test("--diff prints changes alone: CSV beside it is refused", async () => {
    await using folder = await scratch();
    const file = folder.path("last.json");
    await writeFile(file, "");
    const { code, stderr } = await run(["scan", "--diff", file, "--csv", "127.0.0.1"]);
    expect(code).toBe(2);
    expect(stderr).toContain("Cannot use --diff and --csv");
  });
});

const pty = await findPty();

test.skipIf(!pty)("on a terminal the progress is one line, which is taken away", async () => {
  const from = await closedPort();
  // Else the test is skipped.
  const terminal = openNcx(pty as NonNullable<typeof pty>, [
    "scan",
    "-p",
    `${from}-${from + 59}`,
    "--rate",
    "100",
    "127.0.0.1",
  ]);
  await terminal.shows(/\d+ %, \d+ of 60 ports, (less than )?\d+ s left/);
  await terminal.shows(/Scan report for 127\.0\.0\.1/);
  await terminal.exited;
  expect(terminal.raw).toMatch(/\r\u001b\[KScan report/);
});

test.skipIf(!pty)("a table's rows are cut to the terminal, unless with -W", async () => {
  await using peer = await tcpPeer();
  const args = ["scan", "--reason", "-p", String(peer.port), "127.0.0.1"];
  const spawn = pty as NonNullable<typeof pty>; // else the test is skipped
  const narrow = openNcx(spawn, args, { columns: 30 });
  await narrow.shows(/PORT .*…\n.*open .*…\n/);
  await narrow.exited;
  const wide = openNcx(spawn, [...args, "-W"], { columns: 30 });
  await wide.shows(/open .*syn-ack/s);
  await wide.exited;
});

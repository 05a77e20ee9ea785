/** The telnet server as a process: what it lets a program know of its client, and clients that mean no good. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, readdir, stat, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { describe, expect, test } from "vitest";
import { tcpClient, tcpPeer, type TcpClient } from "../helpers/peers.ts";
import { run, scratch, start, startListening, type Listening } from "../helpers/run-cli.ts";
import { findPty } from "../helpers/terminal.ts";

const found = await findPty();

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const bytes = (...parts: readonly (string | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part)));
const environ = (variables: readonly (readonly [string, string])[]): Buffer =>
  bytes(
    hex("fffb27 fffa2700"),
    ...variables.flatMap(([name, value]) => ["\u0003", name, "\u0001", value]),
    hex("fff0"),
  );
const terminalType = (name: string): Buffer =>
  bytes(hex("fffb18 fffa1800"), Buffer.from(name, "latin1"), hex("fff0"));

const REFUSES_ALL = hex("fffe01 fffe03 fffc18 fffc1f fffc27");

function serve(...more: string[]): Promise<Listening> {
  return startListening(["-l", "127.0.0.1", "0", "--telnet", "--pty", ...more]);
}

/** Connects, says this, and gives what came before the end, as text without telnet's bytes. */
async function session(port: number, said: Buffer): Promise<string> {
  await using client = await tcpClient(port);
  client.socket.write(said);
  return await shown(client);
}

async function shown({ received }: TcpClient): Promise<string> {
  const text = (await received).toString("latin1");
  return text
    .replaceAll(/\xff\xfa.*?\xff\xf0/gs, "")
    .replaceAll(/\xff[\xfb-\xfe]./gs, "")
    .replaceAll("\u00FF\u00F1", "")
    .replaceAll("\r\n", "\n");
}

/** Where it is checked what a program sees of the terminal. */
const REPORT = "stty size; echo TERM=$TERM";

describe.skipIf(!found)("a telnet server", () => {
  test("gives the program nothing of its own environment, and of the client's what is harmless", async () => {
    const given = [
      ["LD_PRELOAD", "/tmp/evil.so"],
      ["LD_LIBRARY_PATH", "/tmp"],
      ["PATH", "/tmp/evil"],
      ["IFS", "x"],
      ["ENV", "/tmp/evil"],
      ["BASH_ENV", "/tmp/evil"],
      ["SHELLOPTS", "xtrace"],
      ["PS4", "$(id)"],
      ["PROMPT_COMMAND", "id"],
      ["HOME", "/tmp/evil"],
      ["SHELL", "/tmp/evil"],
      ["USER", "-f root"],
      ["LOGNAME", "root"],
      ["TERMINFO", "/tmp/evil"],
      ["TERMCAP", "/tmp/evil"],
      ["TERM", "../../tmp/evil"],
      ["LOCPATH", "/tmp/evil"],
      ["NLSPATH", "/tmp/evil"],
      ["DISPLAY", "evil:0"],
      ["NODE_OPTIONS", "--require=/tmp/evil"],
      ["BASH_FUNC_ls%%", "() { id; }"],
      ["NCX_REMOTE_ADDR", "10.0.0.1"],
      ["LC_ALL", "../evil"],
      ["LC_TIME", "de_DE.UTF-8"],
      ["LANG", "C.UTF-8"],
      ["COLORTERM", "truecolor"],
    ] as const;
    await using ncx = await startListening(
      ["-l", "127.0.0.1", "0", "--telnet", "--pty", "-e", "env"],
      { env: { SECRET: "x", LC_ALL: "C", TZ: "Etc/UTC", EDITOR: "ed", NCX_PROXY_AUTH: "a:b" } },
    );
    const all = bytes(terminalType("VT220"), hex("fffc1f"), environ(given));
    const lines = (await session(ncx.port, all)).trim().split("\n");
    const env = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
    const { PATH, HOME, SHELL, USER, LOGNAME } = process.env;
    const { NCX_REMOTE_PORT: port, NCX_LOCAL_PORT: _, NCAT_LOCAL_PORT: __, ...rest } = env;
    const place = { REMOTE_ADDR: "127.0.0.1", LOCAL_ADDR: "127.0.0.1", PROTO: "TCP" };
    const facts = Object.entries(place).flatMap(([name, value]) => [
      [`NCX_${name}`, value],
      [`NCAT_${name}`, value],
    ]);
    expect(rest).toEqual({
      ...Object.fromEntries(
        Object.entries({ PATH, HOME, SHELL, USER, LOGNAME }).filter(([, value]) => value),
      ),
      ...Object.fromEntries(facts),
      NCAT_REMOTE_PORT: port,
      TERM: "vt220",
      TZ: "Etc/UTC",
      LC_TIME: "de_DE.UTF-8",
      LANG: "C.UTF-8",
      COLORTERM: "truecolor",
      PWD: process.cwd(),
    });
    expect(ncx.stderr()).not.toContain("evil");
  });

  test("speaks its own language with a client that tells of none", async () => {
    await using ncx = await startListening(
      ["-l", "127.0.0.1", "0", "--telnet", "--pty", "-c", "echo [$LANG,$LC_CTYPE,$TZ]"],
      { env: { LANG: "C.UTF-8", LC_CTYPE: "C.UTF-8", LC_ALL: "", TZ: "Etc/UTC" } },
    );
    const said = await session(ncx.port, REFUSES_ALL);
    expect(said).toContain("[C.UTF-8,C.UTF-8,Etc/UTC]\n");
  });

  test.each([
    ["of 0x0", hex("fffb1f fffa1f 00000000 fff0"), "24 80"],
    ["of 65535x65535", hex("fffb1f fffa1f ffffffffffffffff fff0"), "1000 1000"],
    ["of 255x37", hex("fffb1f fffa1f 00ffff 0025 fff0"), "37 255"],
    ["too short to be one", hex("fffb1f fffa1f 0050 fff0 fffc1f"), "24 80"],
  ])("has a window %s", async (_name, said, size) => {
    await using ncx = await serve("-c", REPORT);
    const text = await session(ncx.port, bytes(said, terminalType("vt100"), hex("fffc27")));
    expect(text).toBe(`${size}\nTERM=vt100\n`);
  });

  test.each(["x/../y", "\u001B[2J\u001B]0;x\u0007", "a;id", "-x", "$(id)", "x".repeat(41)])(
    "takes no terminal called %j",
    async (name) => {
      await using ncx = await serve("-c", REPORT);
      // It is asked for another one a few times.
      const names = bytes(...Array.from({ length: 9 }, () => terminalType(name)));
      const text = await session(ncx.port, bytes(names, hex("fffc1f fffc27")));
      expect(text).toMatch(/^24 80\nTERM=(xterm-256color|\[2J\]0x|x{40})\n$/);
    },
  );

  test("starts the program for a client that answers nothing, after a moment", async () => {
    await using ncx = await serve("-c", REPORT);
    expect(await session(ncx.port, Buffer.alloc(0))).toBe("24 80\nTERM=xterm-256color\n");
    expect((await ncx.ended).code).toBe(0);
  });

  test("loses nothing that was typed before the program was there", async () => {
    await using ncx = await serve("-c", "stty -echo; read a; read b; echo got $b $a");
    expect(await session(ncx.port, bytes("one\r\ntwo\r\0", REFUSES_ALL))).toContain("got two one");
  });

  test("gives the program telnet's commands as keys", async () => {
    await using ncx = await serve("-c", "stty raw -echo; echo ready; exec od -An -tx1 -N8");
    await using client = await tcpClient(ncx.port);
    client.socket.write(REFUSES_ALL);
    await client.got("ready");
    // IP BRK EC EL, NOP GA, ABORT SUSP EOF, and 255
    client.socket.write(hex("fff4 fff3 fff7 fff8 fff1 fff9 ffee ffed ffec ffff"));
    expect(await shown(client)).toMatch(/03 1c 7f 15 1c 1a 04 ff/);
  });

  test("answers AYT, AO and TIMING-MARK", async () => {
    await using ncx = await serve("-e", "cat");
    await using client = await tcpClient(ncx.port);
    client.socket.write(hex("fff6 fff5 fffd06"));
    await client.got("\r\n[Yes]\r\n");
    client.socket.write(hex("ffec")); // EOF: ^D
    expect((await client.received).includes(hex("fff2 fffb06"))).toBe(true);
  });

  test.each([
    ["LOGOUT", (client: TcpClient) => client.socket.write(hex("fffd12"))],
    ["its end, after a moment", (client: TcpClient) => client.socket.end()],
    ["its leaving", (client: TcpClient) => client.socket.destroy()],
    ["its reset", (client: TcpClient) => client.socket.resetAndDestroy()],
  ])("hangs the program up at a client's %s", async (_name, leave) => {
    const program = "trap 'echo hup >$FILE; exit' HUP; echo pid $$; while :; do sleep 0.1; done";
    await using folder = await scratch();
    const file = folder.path("hup");
    await using ncx = await serve("-c", program.replace("$FILE", file));
    await using client = await tcpClient(ncx.port);
    client.socket.write(REFUSES_ALL);
    await client.got("pid ");
    leave(client);
    await ncx.ended;
    expect(await readFile(file, "utf8")).toBe("hup\n");
  });

  describe.each([["--telnet"], ["telnet"], ["-t"]])("runs what is piped into ncx %s", (flag) => {
    test("to its end", async () => {
      await using ncx = await serve("-e", "sh -i");
      await using client = start([flag, "127.0.0.1", `${ncx.port}`]);
      client.stdin.end("echo $((40+2)); sleep 0.6; echo $((50+3)); exit\n");
      const { stdout, code } = await client.ended;
      expect(stdout).toMatch(/(?<!\+)42\r?\n.*53\r?\n/s);
      expect(code).toBe(0);
    });

    test("which ends at ^D where nothing says exit, with an unfinished line", async () => {
      await using ncx = await serve("-c", "echo ready; cat; echo ended");
      await using client = start([flag, "127.0.0.1", `${ncx.port}`]);
      client.stdin.end("one\ntwo");
      expect((await client.ended).stdout).toMatch(/two.*ended\r?\n/s);
    });

    test("after a login", async () => {
      await using ncx = await serve("-c", "read a; echo got $a", "--auth", "anna:sekret");
      await using client = start([flag, "127.0.0.1", `${ncx.port}`]);
      client.stdin.end("anna\nsekret\nhello\n");
      expect((await client.ended).stdout).toMatch(/got hello\r?\n/);
    });
  });

  test("outlives option storms, endless subnegotiations and clients that leave in the middle", async () => {
    await using ncx = await serve("-k", "-c", "echo hello; exec cat");
    const storm = Buffer.concat(
      Array.from({ length: 65_536 }, (_, at) => Buffer.of(255, 251 + (at % 4), (at >> 2) % 255)),
    );
    const attacks = [
      storm,
      Buffer.alloc(2_000_000, hex("fffd06")), // a mark each time
      Buffer.alloc(2_000_000, hex("fff6")), // and [Yes]
      Buffer.alloc(600_000, hex("fffb27 fffc27")),
      bytes(hex("fffa27"), Buffer.alloc(4_000_000, "x")), // never ends
      hex("ff"),
      hex("fffb"),
      hex("fffa18"),
    ];
    for (const attack of attacks) {
      await using client = await tcpClient(ncx.port);
      client.socket.pause(); // reads nothing until all is said
      const over = new Promise((resolve) => client.socket.once("close", resolve));
      client.socket.end(attack, () => client.socket.resume());
      await over;
    }
    await using client = await tcpClient(ncx.port);
    client.socket.write(REFUSES_ALL);
    await client.got("hello");
    if (process.platform === "linux") {
      const status = await readFile(`/proc/${ncx.pid}/status`, "utf8");
      expect(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1])).toBeLessThan(400_000); // KiB
    }
  });

  test("sends a client that repeats itself no more than it has asked for", async () => {
    await using ncx = await serve("-c", "exec cat");
    await using client = await tcpClient(ncx.port);
    client.socket.write(Buffer.alloc(6000, hex("fffb27 fffc27"))); // WILL and WONT NEW-ENVIRON
    client.socket.write(hex("fff6"));
    await client.got("[Yes]");
    client.socket.end();
    const asked = (await client.received).toString("latin1").split("\u00ff\u00fa").length - 1;
    expect(asked).toBe(1);
  });

  test("listens on loopback, and says so when it is open to all", async () => {
    await using home = await startListening(["-l", "0", "--telnet", "--pty", "-e", "cat"]);
    expect(home.stderr()).toMatch(/127\.0\.0\.1|localhost|\[?::1/);
    expect(home.stderr()).not.toMatch(/Warning/);
    const elsewhere = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .find(({ family, internal }) => family === "IPv4" && !internal);
    if (elsewhere)
      await expect(tcpClient(home.port, elsewhere.address)).rejects.toThrow(/ECONNREFUSED/);
    const all = ["-l", "0.0.0.0", "0", "--telnet", "--pty", "-e", "cat"];
    await using open = await startListening(all);
    expect(open.stderr()).toMatch(/Warning: everybody who can reach this port/);
    await using kept = await startListening([...all, "--auth", "a:b"]);
    await using listed = await startListening([...all, "--allow", "127.0.0.1"]);
    expect(kept.stderr() + listed.stderr()).not.toMatch(/Warning/);
  });

  test("turns away whom --deny names, before a byte is sent", async () => {
    await using ncx = await serve("-e", "cat", "--deny", "127.0.0.1");
    await using client = await tcpClient(ncx.port);
    expect(await client.received).toEqual(Buffer.alloc(0));
    await ncx.said(/turned away/);
  });
});

describe.skipIf(!found)("--record", () => {
  test("makes a file for each session with -k, which nobody else may read", async () => {
    await using folder = await scratch();
    await using ncx = await serve("-k", "-c", "echo hello $0", "--record", folder.path("a.b.cast"));
    await session(ncx.port, REFUSES_ALL);
    await session(ncx.port, REFUSES_ALL);
    await ncx.said(/(seconds.*){2}/s);
    const files = (await readdir(folder.path("."))).toSorted();
    expect(files).toEqual(["a.b-1.cast", "a.b-2.cast"]);
    for (const file of files) {
      const lines = (await readFile(folder.path(file), "utf8")).trimEnd().split("\n");
      expect(JSON.parse(lines[0] ?? "")).toMatchObject({ version: 2, width: 80, height: 24 });
      expect(lines.slice(1).join("")).toContain("hello");
      expect((await stat(folder.path(file))).mode & 0o777).toBe(0o600);
    }
  });

  test.skipIf(process.platform === "win32")("leaves a pipe's mode as it is", async () => {
    await using folder = await scratch();
    const pipe = folder.path("pipe");
    execFileSync("mkfifo", ["-m", "644", pipe]);
    const reader = spawn("cat", [pipe], { stdio: ["ignore", "pipe", "inherit"] });
    await using ncx = await serve("-c", "echo hello", "--record", pipe);
    let read = "";
    reader.stdout.on("data", (chunk: Buffer) => (read += String(chunk)));
    const closed = once(reader, "close");
    await session(ncx.port, REFUSES_ALL);
    await closed;
    expect(read).toContain('"o","hello\\r\\n"]');
    expect((await stat(pipe)).mode & 0o777).toBe(0o644);
  });

  test("is refused where nothing can be recorded", async () => {
    const line = ["-l", "0", "--pty", "-e", "cat", "--record"];
    const ended = await run([...line, "/nowhere/a.cast"]);
    expect(ended).toMatchObject({ code: 2 });
    expect(ended.stderr).toMatch(/\/nowhere\/a\.cast.*no such file/);
    expect((await run([...line, "/nowhere/a.cast", "-k"])).code).toBe(2);
    expect((await run(["-l", "0", "--record", "a.cast"])).stderr).toMatch(/add --pty/);
  });
});

describe("--auth", () => {
  const listening = (
    flags: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Listening> =>
    startListening(["-l", "127.0.0.1", "0", "-c", "echo welcome; env", ...flags], { env });

  async function logIn(port: number, ...lines: readonly string[]): Promise<string> {
    await using client = await tcpClient(port);
    client.socket.write(lines.map((line) => `${line}\n`).join(""));
    return await shown(client);
  }

  test("on the line, in the environment and in a file, and the program knows none of them", async () => {
    await using folder = await scratch();
    const file = folder.path("logins");
    await writeFile(file, "# who\nbert:x\r\n\nanna:s3:cret \n");
    for (const [flags, env] of [
      [["--auth", "anna:s3:cret "], { NCX_AUTH: "other:one" }],
      [[], { NCX_AUTH: "anna:s3:cret " }],
      [["--auth-file", file], {}],
    ] as const) {
      await using ncx = await listening(flags, env);
      const text = await logIn(ncx.port, "anna", "s3:cret ");
      expect(text).toMatch(/^login: Password: welcome\n/);
      expect(text).not.toMatch(/s3:cret|NCX_AUTH/);
      expect((await ncx.ended).stderr).not.toContain("s3:cret");
    }
  });

  test("lets nobody in after three wrong ones, and ends with 1", async () => {
    await using ncx = await listening(["--auth", "anna:s3cret"]);
    const text = await logIn(
      ncx.port,
      "anna",
      "x",
      "anna",
      "y",
      "bert",
      "s3cret",
      "anna",
      "s3cret",
    );
    expect(text).toBe("login: Password: Login incorrect\n".repeat(3));
    const ended = await ncx.ended;
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/Cannot let \S+ in: wrong user or password, 3 times/);
    expect(ended.stderr).not.toMatch(/s3cret|anna|bert/);
  });

  test("guards a listener without a program as well, and one client's failure is not another's", async () => {
    await using ncx = await startListening(["-lk", "127.0.0.1", "0", "--auth", "a:b"]);
    await using stranger = await tcpClient(ncx.port);
    stranger.socket.end("a\n");
    await stranger.received;
    await using friend = await tcpClient(ncx.port);
    friend.socket.write("a\nb\nhello\n");
    const [given] = await ncx.gave(/.+\n/);
    expect(given).toBe("hello\n");
  });

  test("asks a telnet client without a terminal not to show the password", async () => {
    await using ncx = await startListening(["-l", "127.0.0.1", "0", "--telnet", "--auth", "a:b"]);
    await using client = await tcpClient(ncx.port);
    client.socket.write("a\r\n");
    await client.got("Password: ");
    client.socket.write(bytes(hex("fffd01"), "b\r\nhi\r\n"));
    await ncx.gave(/^hi\n$/);
    client.socket.end();
    const all = (await client.received).toString("latin1");
    expect(all).toMatch(/login: .*\xff\xfb\x01.*Password: .*\xff\xfc\x01/s);
  });

  test.each([
    [["--auth", "s3cret"], "--auth"],
    [["--auth", ":s3cret"], "--auth"],
    [["--auth", "s3cret:"], "--auth"],
    [["--auth", ""], "--auth"],
  ])("%j is refused, and not shown", async (flags, name) => {
    const { code, stderr } = await run(["-l", "0", "--pty", ...flags]);
    expect(code).toBe(2);
    expect(stderr).toContain(name);
    expect(stderr).not.toContain("s3cret");
  });

  test("a file that cannot be used is refused, and not shown", async () => {
    await using folder = await scratch();
    const file = folder.path("logins");
    for (const [content, said] of [
      ["# nobody\n", /it has no login/],
      ["a:b\ns3cret\n", /line 2/],
      ["s3cret".repeat(20_000), /more than 65536 bytes/],
    ] as const) {
      await writeFile(file, content);
      const { code, stderr } = await run(["-l", "0", "-e", "cat", "--auth-file", file]);
      expect(code).toBe(2);
      expect(stderr).toMatch(said);
      expect(stderr).not.toContain("s3cret");
    }
    const missing = await run(["-l", "0", "-e", "cat", "--auth-file", folder.path("no")]);
    expect(missing).toMatchObject({ code: 2 });
    expect(missing.stderr).toMatch(/no such file/);
    const both = await run(["-l", "0", "-e", "cat", "--auth-file", file, "--auth", "a:b"]);
    expect(both).toMatchObject({ code: 2 });
  });
});

describe("--telnet without a terminal", () => {
  test("-l shows and sends text alone, and agrees to BINARY and SGA", async () => {
    await using ncx = await startListening(["-l", "127.0.0.1", "0", "--telnet"]);
    await using client = await tcpClient(ncx.port);
    client.socket.write(bytes(hex("fffd03 fffb00 fffc00 fffd18 fffd18"), "one\r\ntwo\r\0\xff"));
    client.socket.write(hex("ff0a"));
    ncx.stdin.write(bytes("a\n", hex("ff")));
    await client.got("a\r\n");
    client.socket.end();
    ncx.stdin.end();
    const { bytes: gave } = await ncx.ended;
    expect(gave.toString("latin1")).toMatch(/^one\ntwo\r/);
    const sent = await client.received;
    expect(sent.toString("hex").replace(/610d0affff/, "")).toBe("fffb03fffd00fffe00fffc18");
  });

  test("connects to a server that closes in the middle of its negotiation", async () => {
    for (const rest of ["ff", "fffd", "fffa18", "fffa1801ff"]) {
      await using peer = await tcpPeer((socket) => socket.end(bytes("hi\r\n", hex(rest))));
      await using client = start(["--telnet", "127.0.0.1", `${peer.port}`]);
      expect(await client.ended).toMatchObject({ code: 0, stdout: "hi\n" });
    }
  });

  test("keeps a CR at the end of all, and a program has the text as well", async () => {
    await using peer = await tcpPeer((socket) => socket.end("one\r\ntwo\r"));
    await using client = start(["--telnet", "127.0.0.1", `${peer.port}`]);
    expect(await client.ended).toMatchObject({ code: 0, stdout: "one\ntwo\r" });
    await using ncx = await startListening(["-l", "127.0.0.1", "0", "--telnet", "-e", "cat -v"]);
    await using caller = await tcpClient(ncx.port);
    caller.socket.end(bytes(hex("fff6"), "one\r\ntwo\r"));
    expect((await caller.received).toString()).toBe("\r\n[Yes]\r\none\r\ntwo^M");
  });

  test("serves each client of -k by itself", async () => {
    await using ncx = await startListening(["-lk", "127.0.0.1", "0", "--telnet"]);
    await using one = await tcpClient(ncx.port);
    await using two = await tcpClient(ncx.port);
    one.socket.write(hex("fffb"));
    two.socket.write(bytes(hex("fffb03"), "2\r\n"));
    await ncx.gave(/2\n/);
    one.socket.write(bytes(hex("03"), "1\r\n"));
    await ncx.gave(/1\n/);
    ncx.stdin.write("all\n");
    for (const { got } of [one, two]) await got("all\r\n");
  });
});

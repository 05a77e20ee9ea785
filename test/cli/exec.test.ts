/** `-e`, `-c`, `--lua-exec` and `--pty`: a program in the terminal's place, as the command runs it. */
import { createRequire } from "node:module";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { read, serves, tcpClient, tcpPeer, udpPeer } from "../helpers/peers.ts";
import { needs } from "../helpers/peers-installed.ts";
import { run, scratch, start, startListening } from "../helpers/run-cli.ts";
import { findPty } from "../helpers/terminal.ts";

const HOME = ["-l", "127.0.0.1", "0"];
const ENV = "env | grep -E '^(NCX|NCAT)_'";

describe("ncx -l with a program", () => {
  test.each<[string[], string]>([
    [["-e", "cat -A"], "a^Ib$\n"],
    [["--exec", "printf [%s]\\n a\\ b $HOME"], "[a b]\n[$HOME]\n".replaceAll("\n", "n")],
    [["-c", "tr a-z A-Z | cat"], "A\tB\n"],
    [["--sh-exec", "cat; sleep 0.3; echo late"], "a\tb\nlate\n"],
    [["-C", "-c", "cat; echo end"], "a\tb\r\nend\r\n"],
    [["--eol", "none", "-c", "echo one; echo two"], "onetwo"],
    [["-c", "echo err >&2; echo out"], "out\n"],
    [["--recv-only", "-e", "cat"], ""],
    [["--send-only", "-e", "cat"], "a\tb\n"],
  ])("%j answers %j", async (flags, answer) => {
    await using ncx = await startListening([...HOME, ...flags]);
    await using client = await tcpClient(ncx.port);
    client.socket.end("a\tb\n");
    expect(`${await client.received}`).toBe(answer);
    const ended = await ncx.ended;
    expect([ended.code, ended.stdout]).toEqual([0, ""]);
  });

  test("gives an upload to one that writes it to a file", async () => {
    await using folder = await scratch();
    const file = folder.path("upload");
    await using ncx = await startListening([...HOME, "-c", `exec cat >${file}`]);
    const upload = Buffer.alloc(3_000_000, "upload ");
    expect(await run(["127.0.0.1", `${ncx.port}`], { input: upload })).toMatchObject({ code: 0 });
    expect((await ncx.ended).code).toBe(0);
    expect((await readFile(file)).equals(upload)).toBe(true);
  });

  test("ends the connection as the program ends, though the client stays", async () => {
    await using ncx = await startListening([...HOME, "-c", "echo bye"]);
    await using client = await tcpClient(ncx.port);
    expect(`${await client.received}`).toBe("bye\n");
    expect((await ncx.ended).code).toBe(0);
  });

  test("listens on loopback alone where no address is given", async () => {
    await using ncx = await startListening(["-l", "0", "-e", "cat"]);
    const places = [...ncx.stderr().matchAll(/Listening on (\S+):\d+/g)].map(([, host]) => host);
    expect(places).toContain("127.0.0.1");
    for (const place of places) expect(place).toMatch(/^(127\.0\.0\.1|::1)$/);
    expect(ncx.stderr()).not.toContain("Warning");
  });

  test("warns in one line where strangers can come, and not where something keeps them away", async () => {
    const warning = /^Ncx: Warning: everybody who can reach this port can run the program.*\n/m;
    for (const open of [
      ["-l", "0", "--public"],
      ["-l", "0.0.0.0", "0"],
    ]) {
      await using ncx = await startListening([...open, "-e", "cat"]);
      expect(ncx.stderr()).toMatch(warning);
      expect(ncx.stderr().match(/Warning/g)).toHaveLength(1);
    }
    await using compat = await startListening(["--compat", "ncat", "-l", "0", "-e", "cat"]);
    await compat.said(/0\.0\.0\.0/);
    expect(compat.stderr()).toContain("Warning");
    await using quiet = start(["-l", "127.0.0.2", "0", "-v", "-e", "cat"]);
    await quiet.said(/Listening/);
    expect(quiet.stderr()).not.toContain("Warning");
  });

  test("tells the program who is there, as ncat does, and by names of our own", async () => {
    await using ncx = await startListening([...HOME, "-c", ENV]);
    await using client = await tcpClient(ncx.port);
    client.socket.end();
    expect(facts(await client.received)).toEqual(told("127.0.0.1", ncx.port, client.port, "TCP"));
  });

  test("tells it over UDP, and over a unix socket", async () => {
    await using ncx = await startListening([...HOME, "-u", "-c", ENV]);
    await using peer = await udpPeer();
    peer.send("x", ncx.port);
    const { datagram } = await peer.next();
    expect(facts(datagram)).toEqual(told("127.0.0.1", ncx.port, peer.port, "UDP"));
    await using folder = await scratch();
    const path = folder.path("a.sock");
    await using unix = start(["-lU", path, "-v", "-c", ENV]);
    await unix.said(/Listening/);
    await using client = await tcpClient(path);
    client.socket.end();
    expect(facts(await client.received)).toEqual(told("localhost", "", "", "TCP"));
  });

  test("hands no secret to the program", async () => {
    const env = {
      NCX_PROXY_AUTH: "a:b",
      NCAT_PROXY_AUTH: "c:d",
      NCX_TLS_PASSPHRASE: "e",
      KEPT: "f",
    };
    await using ncx = await startListening([...HOME, "-c", "env"], { env });
    await using client = await tcpClient(ncx.port);
    client.socket.end();
    const given = `${await client.received}`;
    expect(given).toContain("KEPT=f\n");
    expect(given).not.toMatch(/PROXY_AUTH|PASSPHRASE/);
  });

  test("runs one for each client with -k, at the same time", async () => {
    await using ncx = await startListening([...HOME, "-k", "-c", "echo $$; cat"]);
    await using first = await tcpClient(ncx.port);
    await first.got("\n");
    await using second = await tcpClient(ncx.port);
    await second.got("\n");
    second.socket.end("second");
    first.socket.end("first");
    const [one, two] = [`${await first.received}`, `${await second.received}`];
    expect(one).toMatch(/^\d+\nfirst$/);
    expect(two).toMatch(/^\d+\nsecond$/);
    expect(parseInt(one)).not.toBe(parseInt(two));
    ncx.kill("SIGTERM");
    expect((await ncx.ended).code).toBe(143);
  });

  test("runs one for each UDP peer with -k", async () => {
    await using ncx = await startListening([
      ...HOME,
      "-u",
      "-k",
      "-c",
      "while read x; do echo $$ $x; done",
    ]);
    await using first = await udpPeer();
    await using second = await udpPeer();
    const answers: string[] = [];
    for (const peer of [first, second, first]) {
      peer.send("hello\n", ncx.port);
      answers.push(`${(await peer.next()).datagram}`);
    }
    const [one, two, again] = answers;
    expect(one).toMatch(/^\d+ hello\n$/);
    expect(again).toBe(one);
    expect(two).not.toBe(one);
  });

  test("ends the program with its client's reset, and itself with 1", async () => {
    await using ncx = await startListening([...HOME, "-c", "echo $$; exec sleep 1000"]);
    await using client = await tcpClient(ncx.port);
    await client.got("\n");
    client.socket.resetAndDestroy();
    expect((await ncx.ended).code).toBe(1);
  });

  test("ends the program on SIGTERM, and leaves nothing behind", async () => {
    await using ncx = await startListening([...HOME, "-c", "echo $$; exec sleep 1000"]);
    await using client = await tcpClient(ncx.port);
    await client.got("\n");
    ncx.kill("SIGTERM");
    const pid = parseInt(`${await client.received}`);
    expect((await ncx.ended).code).toBe(143);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  test("ends one that has no more to read by -q, and one that is silent by --idle-timeout", async () => {
    await using waits = await startListening([...HOME, "-q", "0.2", "-c", "exec sleep 1000"]);
    expect(await run(["127.0.0.1", `${waits.port}`])).toMatchObject({ code: 0 });
    expect((await waits.ended).code).toBe(0);
    await using idle = await startListening([
      ...HOME,
      "--idle-timeout",
      "200ms",
      "-c",
      "exec sleep 1000",
    ]);
    await using client = await tcpClient(idle.port);
    await client.received;
    expect((await idle.ended).code).toBe(1);
  });
});

describe("ncx host port with a program", () => {
  test("joins it to the peer", async () => {
    await using peer = await tcpPeer();
    const ncx = run(["127.0.0.1", `${peer.port}`, "-c", `${ENV}; cat`]);
    const server = await peer.next();
    const { remotePort: port } = server;
    server.end("from the peer\n");
    const got = `${await read(server)}`;
    expect(got).toMatch(/\nfrom the peer\n$/);
    expect(facts(got)).toEqual(told("127.0.0.1", port, peer.port, "TCP"));
    expect(await ncx).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  test.each<[string, string[], number]>([
    ["exit 3", [], 0],
    ["exit 3", ["--exit-from-child"], 3],
    ["exit 0", ["--exit-from-child"], 0],
    ["kill -TERM $$", ["--exit-from-child"], 143],
    ["exit 3", ["--compat", "traditional"], 3],
    ["exit 3", ["--compat", "ncat"], 0],
  ])("runs %j with %j and ends with %i", async (line, flags, code) => {
    await using peer = await tcpPeer(serves.sink);
    expect((await run([...flags, "-c", line, "127.0.0.1", `${peer.port}`])).code).toBe(code);
    await using ncx = await startListening([
      ...flags,
      "-l",
      "-p",
      "0",
      ...where(flags),
      "-c",
      line,
    ]);
    await using client = await tcpClient(ncx.port);
    client.socket.end();
    expect((await ncx.ended).code).toBe(code);
  });

  test("calls nobody where the program cannot be run", async () => {
    let calls = 0;
    await using peer = await tcpPeer(() => (calls += 1));
    const { code } = await run(["-e", "no-such-program", "127.0.0.1", `${peer.port}`]);
    expect([code, calls]).toEqual([2, 0]);
  });
});

describe("a program that cannot be run is said at the start, with 2:", () => {
  test.each<[string[], string]>([
    [["-e", "no-such-program"], 'Cannot run "no-such-program": it is not on PATH'],
    [["-e", "/no/such/program"], 'Cannot run "/no/such/program": no such file or directory'],
    [["-e", "/etc/passwd"], 'Cannot run "/etc/passwd": permission denied'],
    [["-e", "/tmp x"], 'Cannot run "/tmp": it is a directory'],
    [["-e", ""], 'Cannot parse command "": the program is missing'],
    [["--lua-exec", "/no/such.lua"], 'Cannot run "/no/such.lua": no such file or directory'],
    [["--lua-exec", "/tmp"], 'Cannot run "/tmp": it is a directory'],
    [["-e", "cat", "-c", "cat"], "Cannot use --exec and --sh-exec: they exclude each other"],
    [
      ["-c", "cat", "--lua-exec", "x"],
      "Cannot use --sh-exec and --lua-exec: they exclude each other",
    ],
    [["-e", "cat", "--broker"], "Cannot use --exec and --broker: they exclude each other"],
    [["-c", "cat", "--chat"], "Cannot use --sh-exec and --chat: they exclude each other"],
    [["--pty", "--chat"], "Cannot use --pty and --chat: they exclude each other"],
    [["--exit-from-child"], "Cannot use --exit-from-child: no program is run"],
    [
      ["-k", "-e", "cat", "--exit-from-child"],
      "Cannot use --exit-from-child: there are many clients",
    ],
  ])("%j", async (flags, message) => {
    const { code, stdout, stderr } = await run([...HOME, "-v", ...flags]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(`Ncx: ${message}\n`);
    expect(stderr).not.toContain("Listening");
  });

  test("one on PATH that is a folder or not executable, unless a later one is", async () => {
    await using folder = await scratch();
    await writeFile(folder.path("tool"), "#!/bin/sh\necho found\n");
    const env = { PATH: `${folder.path("")}:${process.env["PATH"]}` };
    expect((await run([...HOME, "-e", "tool"], { env })).stderr).toContain(
      `tool": permission denied`,
    );
    await chmod(folder.path("tool"), 0o755);
    await using ncx = await startListening([...HOME, "-e", "tool"], { env });
    await using client = await tcpClient(ncx.port);
    expect(`${await client.received}`).toBe("found\n");
  });
});

describe("--lua-exec", () => {
  needs("lua5.4")("runs a script by the Lua that is installed", async () => {
    await using folder = await scratch();
    await writeFile(folder.path("a.lua"), 'print("lua", io.read("l"))\n');
    await using ncx = await startListening([...HOME, "--lua-exec", folder.path("a.lua")]);
    await using client = await tcpClient(ncx.port);
    client.socket.end("hello\n");
    expect(`${await client.received}`).toBe("lua\thello\n");
  });

  test("says in one line that none is installed", async () => {
    await using folder = await scratch();
    await writeFile(folder.path("a.lua"), "");
    const ended = await run([...HOME, "--lua-exec", folder.path("a.lua")], {
      env: { PATH: "/none" },
    });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(
      /^Ncx: Cannot run ".*a\.lua": no Lua is installed \(.*luajit.*\)\n$/,
    );
  });
});

const pty = await findPty();

describe.skipIf(!pty)("--pty", () => {
  test.each<[string[], RegExp]>([
    [["-e", "tty"], /^\/dev\/\S+\r\n$/],
    [["-c", "tty; stty size"], /^\/dev\/\S+\r\n24 80\r\n$/],
    [["-c", "echo $NCX_REMOTE_ADDR $NCAT_PROTO $TERM"], /^127\.0\.0\.1 TCP xterm-256color\r\n$/],
  ])("with %j", async (flags, shown) => {
    await using ncx = await startListening([...HOME, "--pty", ...flags]);
    await using client = await tcpClient(ncx.port);
    expect(`${await client.received}`).toMatch(shown);
    expect((await ncx.ended).code).toBe(0);
  });

  test("alone is the user's shell, or /bin/sh", async () => {
    for (const env of [
      { SHELL: "/bin/sh", PS1: "READY> " },
      { SHELL: "", PS1: "READY> " },
    ]) {
      await using ncx = await startListening([...HOME, "--pty", "--exit-from-child"], { env });
      await using client = await tcpClient(ncx.port);
      await client.got("READY> ");
      client.socket.write("echo $((6 * 7)); exit 5\r");
      await client.got("\r\n42\r\n");
      expect((await ncx.ended).code).toBe(5);
    }
  });

  test("passes ^C on to what runs in it", async () => {
    await using ncx = await startListening([
      ...HOME,
      "--pty",
      "-c",
      "trap 'echo caught; exit' INT; echo ready; while :; do sleep 0.05; done",
    ]);
    await using client = await tcpClient(ncx.port);
    await client.got("ready\r\n");
    client.socket.write("\u0003");
    await client.got("caught\r\n");
    expect((await ncx.ended).code).toBe(0);
  });
});

describe("--pty without node-pty", () => {
  test("says what is missing, with 2, before it listens", async () => {
    await using folder = await scratch();
    const env = await without(folder.path("hook.cjs"), "node-pty");
    const { code, stderr } = await run([...HOME, "--pty", "-e", "cat"], { env });
    expect(code).toBe(2);
    expect(stderr).toBe(
      "Ncx: Cannot open a terminal: node-pty is not installed\n" +
        "Ncx: hint: npm install node-pty (where it brings no build for this system, it needs Python and a C++ compiler)\n",
    );
  });

  test.skipIf(!pty)("takes @lydell/node-pty where that is there", async () => {
    await using folder = await scratch();
    const env = await without(folder.path("hook.cjs"), "node-pty", "@lydell/node-pty");
    await using ncx = await startListening([...HOME, "--pty", "-e", "tty"], { env });
    await using client = await tcpClient(ncx.port);
    expect(`${await client.received}`).toMatch(/^\/dev\/\S+\r\n$/);
  });
});

test("ncx relay gives each client a program", async () => {
  await using relay = await startListening(["relay", "127.0.0.1:0", "exec:tr a-z A-Z"]);
  await using client = await tcpClient(relay.port);
  client.socket.end("shout");
  expect(`${await client.received}`).toBe("SHOUT");
});

test("ncx exec:program joins the terminal to it", async () => {
  expect(await run(["exec:tr a-z A-Z"], { input: "shout" })).toMatchObject({
    code: 0,
    stdout: "SHOUT",
  });
});

/** An environment in which a package is not to be found, and another name stands for it. */
async function without(
  hook: string,
  name: string,
  alias?: string,
): Promise<Readonly<Record<string, string>>> {
  const code = `
    const Module = require("node:module");
    const load = Module._load;
    const entry = ${JSON.stringify(createRequire(import.meta.url).resolve(name))};
    Module._load = (request, ...rest) => {
      if (request === ${JSON.stringify(alias ?? "")}) return load(entry, ...rest);
      if (request === ${JSON.stringify(name)}) throw new Error("Cannot find module");
      return load(request, ...rest);
    };`;
  await writeFile(hook, code);
  return { NODE_OPTIONS: `--require=${hook}` };
}

/** traditional takes the address by -s. */
function where(flags: readonly string[]): string[] {
  return flags.includes("traditional") ? ["-s", "127.0.0.1"] : ["127.0.0.1"];
}

function facts(environment: Buffer | string): Record<string, string> {
  const lines = `${environment}`.split("\n").filter((line) => /^NC(X|AT)_/.test(line));
  return Object.fromEntries(lines.map((line) => line.split("=") as [string, string]));
}

function told(
  address: string,
  here: unknown,
  there: unknown,
  protocol: string,
): Record<string, string> {
  return Object.fromEntries(
    ["NCX", "NCAT"].flatMap((prefix) => [
      [`${prefix}_REMOTE_ADDR`, address],
      [`${prefix}_REMOTE_PORT`, `${there}`],
      [`${prefix}_LOCAL_ADDR`, address],
      [`${prefix}_LOCAL_PORT`, `${here}`],
      [`${prefix}_PROTO`, protocol],
    ]),
  );
}

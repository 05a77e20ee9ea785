/** `ncx telnet` in a real terminal. */
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { MODE_BITS } from "../../src/protocol/telnet/linemode.ts";
import { OPTIONS } from "../../src/protocol/telnet/names.ts";
import { encodeSubnegotiation } from "../../src/protocol/telnet.ts";
import { closedPort, read, tcpPeer } from "../helpers/peers.ts";
import { needs } from "../helpers/peers-installed.ts";
import { startNginx } from "../helpers/real-peers.ts";
import { scratch } from "../helpers/run-cli.ts";
import { findPty, openNcx, openTerminal, type Terminal } from "../helpers/terminal.ts";
import { startTelnetd } from "../helpers/telnetd.ts";

const found = await findPty();
const ESCAPE = "\u001D";
/** WILL ECHO, WILL SGA: one character at a time. */
const CHARACTERS = Buffer.from("fffb01fffb03", "hex");

describe.skipIf(!found)("ncx telnet in a terminal", () => {
  const spawn = found as NonNullable<typeof found>; // else the suite is skipped

  test("talks to ncx -l as the tutorial has it, and leaves by ^] and quit", async () => {
    const listener = openNcx(spawn, ["-l", "-v", "127.0.0.1", "0"]);
    const [, port] = await listener.shows(/Listening on \S*:(\d+)/i);
    const telnet = openNcx(spawn, ["telnet", "127.0.0.1", `${port}`]);
    await telnet.shows(/Trying 127\.0\.0\.1\.\.\.\n/);
    await telnet.shows(/Connected to 127\.0\.0\.1\.\nEscape character is '\^\]'\.\n/);
    telnet.type("hello from telnet\n");
    await listener.shows(/hello from telnet\r?\n/);
    listener.type("hello from netcat\n");
    await telnet.shows(/hello from netcat\r?\n/);
    telnet.type(ESCAPE);
    await telnet.shows(/\n\(quit leaves, help lists the commands, Enter goes back\)\ntelnet> /);
    telnet.type("quit\n");
    await telnet.shows(/Connection closed\.\n/);
    expect((await telnet.exited).exitCode).toBe(0);
    expect((await listener.exited).exitCode).toBe(0);
  });

  needs("nginx")("asks nginx for a page, typed by hand", async () => {
    await using nginx = await startNginx({ "index.html": "the page by hand\n" });
    const telnet = openNcx(spawn, ["telnet", "127.0.0.1", `${nginx.port}`]);
    await telnet.shows(/Escape character/);
    telnet.type("GET / HTTP/1.0\nHost: here\n\n");
    await telnet.shows(/HTTP\/1\.1 200 OK/);
    await telnet.shows(/the page by hand\n/);
    await telnet.shows(/Connection closed by foreign host\.\n/);
    expect((await telnet.exited).exitCode).toBe(1);
  });

  test.each([
    ["-e", "^T", "\u0014", "Escape character is '\\^T'\\."],
    ["--escape", "~", "~", "Escape character is '~'\\."],
  ])("another key opens the prompt with %s %s", async (flag, name, key, sentence) => {
    await using peer = await tcpPeer();
    const telnet = openNcx(spawn, ["telnet", flag, name, "127.0.0.1", `${peer.port}`]);
    await telnet.shows(new RegExp(sentence));
    telnet.type(`${ESCAPE}a\n`);
    expect(await reads(await peer.next(), 4)).toBe("1d610d0a");
    telnet.type(key);
    await telnet.shows(/telnet> /);
    telnet.type("quit\n");
    expect((await telnet.exited).exitCode).toBe(0);
  });

  test.each([["-e", "none"], ["-e", "off"], ["-e", ""], ["-E"]])(
    "no key opens the prompt with %s %s",
    async (...flags) => {
      await using peer = await tcpPeer();
      const telnet = openNcx(spawn, ["telnet", ...flags, "127.0.0.1", `${peer.port}`]);
      await telnet.shows(/No escape character\./);
      telnet.type(`${ESCAPE}a\n`);
      const server = await peer.next();
      expect(await reads(server, 4)).toBe("1d610d0a");
      server.end();
      expect((await telnet.exited).exitCode).toBe(1);
    },
  );

  test("sends each key at once where the server echoes, Enter as CR NUL and ^C as a byte", async () => {
    await using peer = await tcpPeer((socket) => void socket.write(CHARACTERS));
    const telnet = openNcx(spawn, ["telnet", "127.0.0.1", `${peer.port}`]);
    const server = await peer.next();
    expect(await reads(server, 6)).toBe("fffd01fffd03");
    telnet.type("a\n\u0003");
    expect(await reads(server, 4)).toBe("610d0003");
    server.end("bye");
    await telnet.shows(/bye/);
    expect((await telnet.exited).exitCode).toBe(1);
  });

  test("edits lines where nobody echoes, and ^C, ^\\, ^Z and ^D are what telnet makes of them", async () => {
    await using peer = await tcpPeer();
    const telnet = openNcx(spawn, ["telnet", "127.0.0.1", `${peer.port}`]);
    const server = await peer.next();
    await telnet.shows(/Escape/);
    telnet.type("helo\u007Flo\n");
    expect(await reads(server, 7)).toBe(Buffer.from("hello\r\n").toString("hex"));
    telnet.type("\u0003\u001C\u001A\u0004");
    expect(await reads(server, 7)).toBe("fff4fff3ffed04");
    telnet.type(`${ESCAPE}q\n`);
    expect((await telnet.exited).exitCode).toBe(0);
  });

  test("shows no password where the server echoes but lines are edited here", async () => {
    await using peer = await tcpPeer(
      (socket) => void socket.write("\u00FF\u00FB\u0001Password: ", "latin1"),
    );
    const telnet = openNcx(spawn, ["telnet", "127.0.0.1", `${peer.port}`]);
    const server = await peer.next();
    expect(await reads(server, 3)).toBe("fffd01");
    await telnet.shows(/Password: /);
    telnet.type("s3cret\n");
    expect(await reads(server, 8)).toBe(Buffer.from("s3cret\r\n").toString("hex"));
    server.end("welcome\r\n");
    await telnet.shows(/welcome/);
    await telnet.exited;
    expect(telnet.raw).not.toContain("s3cret");
  });

  test("edits lines for a server that keeps LINEMODE's EDIT on, and stops when it is off", async () => {
    const mode = (bits: number): Buffer =>
      Buffer.from(encodeSubnegotiation(OPTIONS.LINEMODE, Buffer.of(1, bits)));
    const answers = (bits: number): string => mode(bits | MODE_BITS.ack).toString("hex");
    await using peer = await tcpPeer((socket) => {
      socket.write(Buffer.from("fffd22", "hex"));
      socket.write(mode(MODE_BITS.edit | MODE_BITS.trapsig));
    });
    const telnet = openNcx(spawn, ["telnet", "127.0.0.1", `${peer.port}`]);
    const server = await peer.next();
    // WILL LINEMODE, and the special characters.
    expect(await readsTo(server, answers(MODE_BITS.edit | MODE_BITS.trapsig))).toMatch(
      /^fffb22fffa2203/,
    );
    telnet.type("helo\u007Flo\n");
    await telnet.shows(/helo\u0008 \u0008lo\n/);
    expect(await reads(server, 7)).toBe(Buffer.from("hello\r\n").toString("hex"));
    telnet.type("half\u0003\u001C\u001A\u0004");
    expect(await reads(server, 8)).toBe("fff4ffeeffedffec"); // IP, ABORT, SUSP, EOF
    telnet.type(`${ESCAPE}status\n`);
    await telnet.shows(/Operating with LINEMODE: lines are edited here\.\nLocal/);
    // A password: the server "echoes", and lines are still edited here.
    server.write(Buffer.concat([Buffer.from("fffb01fffb03", "hex"), Buffer.from("Password: ")]));
    expect(await readsTo(server, "fffd01fffd03")).toBe("fffd01fffd03");
    await telnet.shows(/Password: /);
    telnet.type("s3cret\n");
    expect(await reads(server, 8)).toBe(Buffer.from("s3cret\r\n").toString("hex"));
    server.write(mode(MODE_BITS.edit)); // signals are characters now
    expect(await readsTo(server, answers(MODE_BITS.edit))).toBe(answers(MODE_BITS.edit));
    telnet.type("a\u0003\n");
    expect(await reads(server, 4)).toBe("61030d0a");
    telnet.type("left ");
    telnet.type(`${ESCAPE}\n`);
    await telnet.shows(/telnet> \n/);
    server.write(mode(0));
    expect(await readsTo(server, Buffer.from("left ").toString("hex"))).toBe(
      answers(0) + Buffer.from("left ").toString("hex"),
    );
    telnet.type("k");
    expect(await reads(server, 1)).toBe("6b");
    expect(telnet.raw).not.toContain("s3cret");
    telnet.type(`${ESCAPE}quit\n`);
    expect((await telnet.exited).exitCode).toBe(0);
  });

  test("is not held up by a server that changes its mind again and again", async () => {
    const mind = Buffer.from("fffb01fffb03" + "fffc01fffc03", "hex");
    const storm = Buffer.concat(Array.from({ length: 50_000 }, () => mind));
    await using peer = await tcpPeer((socket) => {
      socket.resume();
      socket.write(Buffer.concat([storm, Buffer.from("still here")]));
    });
    const telnet = openNcx(spawn, ["telnet", "127.0.0.1", `${peer.port}`]);
    await telnet.shows(/still here/);
    telnet.type(`${ESCAPE}status\n`);
    await telnet.shows(/Operating line by line/);
    telnet.type(`${ESCAPE}quit\n`);
    expect((await telnet.exited).exitCode).toBe(0);
  });

  test("begins a line at each CR with crmod, and no second one at the LF of another chunk", async () => {
    await using peer = await tcpPeer();
    const telnet = openNcx(spawn, ["telnet", "127.0.0.1", `${peer.port}`]);
    const server = await peer.next();
    await telnet.shows(/Escape/);
    telnet.type(`${ESCAPE}toggle crmod\n`);
    await telnet.shows(/crmod +on +a received CR begins a new line\n/);
    server.write("one\r\u0000two\r");
    await telnet.shows(/one\r?\ntwo\r?\n$/);
    server.write("\nthree");
    await telnet.shows(/^three/);
    telnet.type(`${ESCAPE}quit\n`);
    await telnet.exited;
  });

  test("goes back from the prompt after one command", async () => {
    await using peer = await tcpPeer();
    const telnet = openNcx(spawn, ["telnet", "127.0.0.1", `${peer.port}`]);
    const server = await peer.next();
    await telnet.shows(/Escape/);
    telnet.type(`${ESCAPE}st\n`);
    await telnet.shows(/Connected to 127\.0\.0\.1[^\n]*\.\n/);
    await telnet.shows(/Operating line by line/);
    telnet.type("?\n");
    expect(await reads(server, 3)).toBe("3f0d0a");
    telnet.type(`${ESCAPE}send ayt\n`);
    expect(await reads(server, 2)).toBe("fff6");
    telnet.type(`${ESCAPE}s\n`);
    await telnet.shows(/\?Ambiguous command: s may be send, set, status/);
    telnet.type(`${ESCAPE}set esc ^T\n`);
    await telnet.shows(/Escape character is '\^T'/);
    telnet.type("\u0014!echo $((40 + 2)) in a shell\n");
    await telnet.shows(/\n42 in a shell/);
    telnet.type("after\n");
    expect(await reads(server, 7)).toBe(Buffer.from("after\r\n").toString("hex"));
    telnet.type("\u0014\u0004");
    expect((await telnet.exited).exitCode).toBe(0);
  });

  test("opens another host from the prompt, and the first from none", async () => {
    await using one = await tcpPeer();
    await using two = await tcpPeer();
    const telnet = openNcx(spawn, ["telnet"]);
    await telnet.shows(/telnet> /);
    telnet.type("status\n");
    await telnet.shows(/No connection\.\n/);
    telnet.type(`open 127.0.0.1 ${one.port}\n`);
    const first = read(await one.next());
    await telnet.shows(/Connected to 127\.0\.0\.1\.\nEscape/);
    telnet.type(`${ESCAPE}open 127.0.0.1 ${two.port}\n`);
    const second = await two.next();
    expect((await first).length).toBe(0);
    await telnet.shows(/Connected to 127\.0\.0\.1\.\nEscape/);
    telnet.type("there\n");
    expect(await reads(second, 7)).toBe(Buffer.from("there\r\n").toString("hex"));
    telnet.type(`${ESCAPE}close\n`);
    expect((await telnet.exited).exitCode).toBe(0);
  });

  needs("telnet")("stays at the prompt where open fails, as telnet does", async () => {
    const port = await closedPort();
    const there = `127.0.0.1 ${port}`;
    await using peer = await tcpPeer();
    for (const open of [openNcx(spawn, ["telnet"]), openTerminal(spawn, "telnet", [])]) {
      await open.shows(/telnet> $/);
      open.type(`open ${there}\n`);
      await open.shows(/Trying 127\.0\.0\.1\.\.\.\n/);
      await open.shows(/telnet: Unable to connect to remote host: Connection refused\ntelnet> $/);
      open.type("status\n");
      await open.shows(/No connection\.\n.*\ntelnet> $/);
      open.type("quit\n");
      expect((await open.exited).exitCode).toBe(0);
      expect(open.raw).not.toContain("Connection closed");
    }
    const telnet = openNcx(spawn, ["telnet", "127.0.0.1", `${peer.port}`]);
    await peer.next();
    await telnet.shows(/Escape/);
    telnet.type(`${ESCAPE}open ${there}\n`);
    await telnet.shows(/Connection refused\ntelnet> $/);
    telnet.type("open 127.0.0.1 99999\n");
    await telnet.shows(/99999[^\n]*\n[^]*telnet> $/);
    telnet.type(`open 127.0.0.1 ${peer.port}\n`);
    await telnet.shows(/Connected to 127\.0\.0\.1\.\nEscape/);
    telnet.type("there\n");
    const server = await peer.next();
    expect(await reads(server, 7)).toBe(Buffer.from("there\r\n").toString("hex"));
    telnet.type(`${ESCAPE}quit\n`);
    await telnet.shows(/Connection closed\.\n/);
    expect((await telnet.exited).exitCode).toBe(0);
  });

  test("keeps what was chosen at the prompt from one connection to the next", async () => {
    await using one = await tcpPeer((socket) => void socket.write(Buffer.from("fffd27", "hex")));
    await using two = await tcpPeer((socket) => void socket.write(Buffer.from("fffd27", "hex")));
    const telnet = openNcx(spawn, ["telnet"]);
    await telnet.shows(/\(open HOST connects, quit leaves, [^\n]*\)\ntelnet> $/);
    telnet.type("set escape ^T\n");
    await telnet.shows(/Escape character is '\^T'\.\ntelnet> $/);
    telnet.type("toggle binary\n");
    await telnet.shows(/binary +on +8-bit[^\n]*\ntelnet> $/);
    telnet.type("environ define LANG C.UTF-8\n");
    await telnet.shows(/told of LANG if it asks\.\ntelnet> $/);
    for (const peer of [one, two]) {
      telnet.type(`${peer === one ? "" : "\u0014"}open 127.0.0.1 ${peer.port}\n`);
      const server = await peer.next();
      await telnet.shows(/Connected to 127\.0\.0\.1\.\nEscape character is '\^T'\.\n/);
      expect(await readsTo(server, "fffb27")).toBe("fffb00fffd00fffb27");
      server.write(Buffer.from("fffa2701fff0", "hex"));
      const told = Buffer.from("\u0003LANG\u0001C.UTF-8").toString("hex");
      expect(await readsTo(server, "fff0")).toBe(`fffa2700${told}fff0`);
    }
    telnet.type("\u0014environ define LANG de_DE.UTF-8\n");
    await telnet.shows(/The server is told that there is LANG\.\n/);
    telnet.type("\u0014environ unexport LANG\n");
    await telnet.shows(/The server is told that LANG is gone\.\n/);
    telnet.type("\u0014environ list\n");
    await telnet.shows(/\n {2}LANG de_DE\.UTF-8\n/);
    telnet.type("\u0014quit\n");
    expect((await telnet.exited).exitCode).toBe(0);
  });

  test("says at the prompt what a command is for, and does nothing by half", async () => {
    const telnet = openNcx(spawn, ["telnet"]);
    await telnet.shows(/telnet> $/);
    for (const [command, answer] of [
      ["close", /\?Need to be connected first\.\n/],
      ["help !", /!\[COMMAND\]\n +a shell/],
      ["help send", /\nayt +are you there\?\n[^]*wont OPTION/],
      ["help mode", /softtabs +LINEMODE: tabs are shown as spaces\n/],
      ["unset", /usage: unset escape\n/],
      ["set ?", /usage: set escape KEY\n +[^\n]*none for no key\n/],
      ["environ ?", /define NAME VALUE +[^\n]*\n[^]*unexport NAME/],
      ["environ export NONE", /\?There is no variable NONE\.\n/],
      ["toggle options foo", /\?Invalid setting: foo\. [^\n]*\n/],
      ["display options", /\noptions +off +the negotiation is shown\n/],
      ["display escape", /\nescape +\^\]\n/],
      ["status extra", /usage: status\n/],
      ["set escape foo", /\?A key is one character/],
      // Left and Up are nothing at the prompt.
      ["displ\u001B[D\u001BOAay crlf", /^display crlf\ncrlf +off +Enter is sent/],
    ] as const) {
      telnet.type(`${command}\n`);
      await telnet.shows(answer);
      await telnet.shows(/telnet> $/);
    }
    telnet.type("\u0004");
    await telnet.shows(/^\n$/);
    expect((await telnet.exited).exitCode).toBe(0);
  });

  test("sends all that send names or nothing, and introduces its prompt once", async () => {
    await using peer = await tcpPeer();
    const telnet = openNcx(spawn, ["telnet", "127.0.0.1", `${peer.port}`]);
    const server = await peer.next();
    await telnet.shows(/Escape/);
    for (const [at, [what, answer]] of (
      [
        ["ayt extra", /\?Invalid send argument: extra/],
        ["ayt do 999", /\?No such option: "999"\. Say send do naws/],
        ["ayt do", /\?Which option\? Say send do naws/],
      ] as const
    ).entries()) {
      telnet.type(ESCAPE);
      await telnet.shows(at === 0 ? /\n\(quit leaves[^\n]*\)\ntelnet> $/ : /\ntelnet> $/);
      telnet.type(`send ${what}\n`);
      await telnet.shows(answer);
    }
    telnet.type(`${ESCAPE}send ip nop\n`);
    expect(await reads(server, 4)).toBe("fff4fff1");
    telnet.type(`${ESCAPE}unset escape\n`);
    await telnet.shows(/No escape character\.\nThis prompt does not open again/);
    server.end();
    await telnet.exited;
    expect(telnet.raw.match(/quit leaves/g)).toHaveLength(1);
  });

  test("shows a half-typed line again after the prompt, and puts the screen back at the end", async () => {
    const vi = "\u001B[?1049h\u001B[?25l\u001B[?2004hfull screen";
    await using peer = await tcpPeer();
    const telnet = openNcx(spawn, ["telnet", "127.0.0.1", `${peer.port}`]);
    const server = await peer.next();
    await telnet.shows(/Escape/);
    telnet.type("GET /");
    await telnet.shows(/GET \/$/);
    telnet.type(`${ESCAPE}display crlf\n`);
    await telnet.shows(/crlf +off[^\n]*\nGET \/$/);
    telnet.type(" HTTP/1.0\n");
    expect(await reads(server, 16)).toBe(Buffer.from("GET / HTTP/1.0\r\n").toString("hex"));
    server.write(vi);
    await telnet.shows(/full screen/);
    telnet.type(`${ESCAPE}\u0004`);
    await telnet.shows(/telnet> \n?Connection closed\.\n/);
    expect((await telnet.exited).exitCode).toBe(0);
    const end = telnet.raw.slice(telnet.raw.indexOf("full screen"));
    for (const mode of ["?1049l", "?25h", "?2004l"]) expect(end).toContain(`\u001B[${mode}`);
  });

  test("says that it was a reset, on a line of its own", async () => {
    await using peer = await tcpPeer((socket) => void socket.write("unfinished"));
    const telnet = openNcx(spawn, ["telnet", "127.0.0.1", `${peer.port}`]);
    const server = await peer.next();
    await telnet.shows(/unfinished/);
    server.resetAndDestroy();
    await telnet.shows(/^\r*\nConnection reset by peer\.\nConnection closed by foreign host\.\n/);
    expect((await telnet.exited).exitCode).toBe(1);
  });

  test("loses no session to a mistake in open", async () => {
    await using peer = await tcpPeer();
    const telnet = openNcx(spawn, ["telnet", `127.0.0.1:${peer.port}`]);
    const server = await peer.next();
    await telnet.shows(/Escape/);
    for (const [there, wrong] of [
      ["localhost 99999", /\?Cannot parse port "99999": out of range \([^\n]*\)\n/],
      ["localhost no-such-service", /\?Cannot parse port "no-such-service": not a number/],
      ["localhost 0", /\?Cannot connect: port 0 is none/],
      ["a:b:c 23", /\?Cannot parse address "a:b:c": not a v6 address/],
      ["a b c", /usage: open HOST/],
    ] as const) {
      telnet.type(`${ESCAPE}open ${there}\n`);
      await telnet.shows(wrong);
    }
    telnet.type("still there\n");
    expect(await reads(server, 13)).toBe(Buffer.from("still there\r\n").toString("hex"));
    telnet.type(`${ESCAPE}quit\n`);
    expect((await telnet.exited).exitCode).toBe(0);
  });

  test.each([
    ["quits", async (shell: Terminal) => shell.type(`${ESCAPE}quit\n`), /Connection closed/],
    ["loses the connection", async () => {}, /closed by foreign host/],
    ["is killed", async (_: Terminal, pid: number) => void process.kill(pid, "SIGTERM"), undefined],
    ["is hung up", async (_: Terminal, pid: number) => void process.kill(pid, "SIGHUP"), undefined],
    ["crashes", async (_: Terminal, pid: number) => void process.kill(pid, "SIGUSR2"), /a crash/],
  ])("leaves the terminal as it was when it %s", async (how, act, sign) => {
    await using files = await scratch();
    const crash = files.path("crash.cjs");
    await writeFile(crash, `process.on("SIGUSR2", () => { throw new Error("a crash"); });`);
    await using peer = await tcpPeer((socket) => void socket.write(CHARACTERS));
    const shell = openTerminal(spawn, "/bin/sh", [], {
      env: { PS1: "READY> ", NODE_OPTIONS: `--require=${crash}` },
    });
    await shell.shows(/READY> /);
    const before = await settings(shell);
    shell.type(`"${process.execPath}" dist/cli.cjs telnet 127.0.0.1 ${peer.port}\n`);
    const server = await peer.next();
    expect(await reads(server, 6)).toBe("fffd01fffd03");
    if (how === "loses the connection") server.resetAndDestroy();
    await act(shell, await childOf(shell.pid));
    if (sign) await shell.shows(sign);
    await shell.shows(/READY> /);
    expect(await settings(shell)).toBe(before);
  });

  needs(
    "telnetd",
    "socat",
    "vim.tiny",
    "top",
  )("draws vi and top from a telnetd, follows the window, ^C stops what runs there", async () => {
    await using server = await startTelnetd();
    const telnet = openNcx(spawn, ["telnet", "127.0.0.1", `-${server.port}`], { columns: 90 });
    await walk(telnet);
  });
});

/** A login shell at the other end: size, resize, vi, top, ^C, exit. */
async function walk(telnet: Terminal): Promise<void> {
  await telnet.shows(/[$#] $/);
  telnet.type("PS1='ready> '\n");
  await telnet.shows(/\nready> $/);
  telnet.type("stty size\n");
  await telnet.shows(/\n24 90\s+ready> /);
  telnet.resize(100, 30);
  telnet.type(
    "until [ \"$(stty size)\" = '30 100' ]; do sleep 0.1; done; echo resized $((1 + 1))\n",
  );
  await telnet.shows(/\nresized 2\s+ready> /);
  telnet.type("echo asleep $((1 + 1)); sleep 1000\n");
  await telnet.shows(/\nasleep 2/);
  telnet.type("\u0003");
  await telnet.shows(/ready> /);
  telnet.type("vim.tiny -u NONE\n");
  await telnet.shows(/VIM - Vi IMproved/);
  telnet.type("ihello from vi\u001B");
  await telnet.shows(/hello from vi/);
  telnet.type(":q!\n");
  await telnet.shows(/ready> /);
  telnet.type("top\n");
  await telnet.shows(/load average: /);
  await telnet.shows(/PID +USER/);
  telnet.type("q");
  await telnet.shows(/ready> $/);
  telnet.type(ESCAPE);
  await telnet.shows(/telnet> /);
  telnet.type("status\n");
  await telnet.shows(/Operating in character mode/);
  telnet.type("\nexit\n");
  await telnet.shows(/Connection closed by foreign host\.\n/);
  expect((await telnet.exited).exitCode).toBe(1);
}

/** So many bytes, in hexadecimal. */
async function reads(socket: Readable, length: number): Promise<string> {
  for (;;) {
    const chunk: unknown = socket.read(length);
    if (chunk instanceof Buffer) return chunk.toString("hex");
    await once(socket, "readable");
  }
}

/** All up to this, in hexadecimal. */
async function readsTo(socket: Readable, end: string): Promise<string> {
  let all = "";
  while (!all.endsWith(end)) all += await reads(socket, 1);
  return all;
}

/** The only child of a process. */
async function childOf(pid: number): Promise<number> {
  return Number((await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim());
}

/** What stty says of the terminal that a shell runs in. */
async function settings(shell: Terminal): Promise<string> {
  shell.type("echo MODE $(stty -g) END\n");
  const [, mode = ""] = await shell.shows(/\nMODE ([\da-f:]+) END\n/);
  await shell.shows(/READY> /);
  return mode;
}

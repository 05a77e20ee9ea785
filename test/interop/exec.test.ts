/** Programs behind ncx with real netcats as clients, ncx as the client of theirs, and the same command line for both. */
import { describe, expect } from "vitest";
import { closedPort, tcpClient } from "../helpers/peers.ts";
import { needs } from "../helpers/peers-installed.ts";
import { NETCATS, startPeer, untilListening } from "../helpers/real-peers.ts";
import { run, scratch, start, startListening } from "../helpers/run-cli.ts";
import { findPty } from "../helpers/terminal.ts";

const pty = await findPty();

describe.each(NETCATS)("$name as the client of ncx", (netcat) => {
  const test = needs(netcat.name);
  const { name } = netcat;

  test("gets what a program answers", async () => {
    await using ncx = await startListening(["-l", "127.0.0.1", "0", "-e", "tr a-z A-Z"]);
    await using client = startPeer(name, netcat.dial(ncx.port));
    client.stdin.end("shout\n");
    expect(await client.ended).toMatchObject({ code: 0, stdout: "SHOUT\n" });
    expect((await ncx.ended).code).toBe(0);
  });

  test("gets what a program of the shell says before it is asked", async () => {
    await using ncx = await startListening([
      "-l",
      "127.0.0.1",
      "0",
      "-c",
      "echo name?; read x; echo hi $x",
    ]);
    await using client = startPeer(name, netcat.dial(ncx.port));
    await client.gave(/name\?\n/);
    client.stdin.write("joe\n");
    await client.gave(/hi joe\n/);
    client.stdin.end();
    await client.ended;
    expect((await ncx.ended).code).toBe(0);
  });

  (pty ? test : test.skip)("talks to a shell in a terminal", async () => {
    const args = ["-l", "127.0.0.1", "0", "--pty", "-e", "/bin/sh", "--exit-from-child"];
    await using ncx = await startListening(args, { env: { PS1: "READY> " } });
    await using client = startPeer(name, netcat.dial(ncx.port));
    await client.gave(/READY> /);
    client.stdin.write("tty; echo $((6 * 7))\n");
    await client.gave(/\/dev\/\S+\r\n42\r\n/);
    client.stdin.write("exit 3\n");
    expect((await ncx.ended).code).toBe(3);
    client.stdin.end();
    await client.ended;
  });

  test("gets a datagram from a program", async () => {
    await using ncx = await startListening(["-lu", "127.0.0.1", "0", "-e", "cat"]);
    await using client = startPeer(name, netcat.dialUdp(ncx.port));
    client.stdin.write("echo\n");
    await client.gave(/echo\n/);
  });

  test("gets what a program says over a unix socket", async () => {
    await using folder = await scratch();
    await using ncx = start(["-lU", folder.path("a.sock"), "-v", "-e", "tr a-z A-Z"]);
    await ncx.said(/Listening/);
    await using client = startPeer(name, netcat.dialUnix(folder.path("a.sock")));
    client.stdin.end("shout\n");
    expect((await client.ended).stdout).toBe("SHOUT\n");
  });
});

describe("ncx as the client", () => {
  needs("ncat")("of a program behind ncat", async () => {
    const port = await closedPort();
    await using ncat = startPeer("ncat", [
      "-l",
      "-v",
      "127.0.0.1",
      `${port}`,
      "-c",
      "read x; echo got $x",
    ]);
    await untilListening(ncat);
    await using ncx = start(["127.0.0.1", `${port}`]);
    ncx.stdin.write("this\n");
    await ncx.gave(/got this\n/);
    expect((await ncx.ended).code).toBe(0);
  });

  needs("ncat")("joins its program to a program behind ncat", async () => {
    await using folder = await scratch();
    const port = await closedPort();
    await using ncat = startPeer("ncat", [
      "-l",
      "-v",
      "127.0.0.1",
      `${port}`,
      "-c",
      "read x; echo got $x; read y",
    ]);
    await untilListening(ncat);
    const line = `echo this; read x; echo "$x" >${folder.path("answer")}`;
    const { code } = await run(["127.0.0.1", `${port}`, "-c", line]);
    expect(code).toBe(0);
    const { stdout } = await run([`exec:cat ${folder.path("answer")}`]);
    expect(stdout).toBe("got this\n");
  });
});

const PRINT = "/usr/bin/printf [%s]\\\\n ";

describe("a command line is read as ncat reads it:", () => {
  needs("ncat").each([
    "a\\ b c\\\\d",
    '"q q" \'x\' e\\"f',
    "  tab\tand  spaces  ",
    "trailing\\",
    '"" \\\\\\\\ end',
    "back\\slash \\nx \\\\n",
    "lone \\",
    "line\nfeed\\\nkept",
    "vertical\vform\ffeed\rreturn",
    "no\u00A0break",
    "$HOME * ~ `id` ; | > <",
  ])("%j", async (words) => {
    const port = await closedPort();
    await using ncat = startPeer("ncat", ["-l", "-v", "127.0.0.1", `${port}`, "-e", PRINT + words]);
    await untilListening(ncat);
    await using client = await tcpClient(port);
    const theirs = `${await client.received}`;
    await using ncx = await startListening(["-l", "127.0.0.1", "0", "-e", PRINT + words]);
    await using ours = await tcpClient(ncx.port);
    expect(theirs).toMatch(/^\[/);
    expect(`${await ours.received}`).toBe(theirs);
  });

  needs("ncat")(
    "but a letter with a backslash does not swallow the white space after it",
    async () => {
      const words = "a\\n b";
      const port = await closedPort();
      await using ncat = startPeer("ncat", [
        "-l",
        "-v",
        "127.0.0.1",
        `${port}`,
        "-e",
        PRINT + words,
      ]);
      await untilListening(ncat);
      await using client = await tcpClient(port);
      expect(`${await client.received}`).toBe("[anb]\n");
      await using ncx = await startListening(["-l", "127.0.0.1", "0", "-e", PRINT + words]);
      await using ours = await tcpClient(ncx.port);
      expect(`${await ours.received}`).toBe("[an]\n[b]\n");
    },
  );

  needs("ncat").each([
    ["TCP", "127.0.0.1"],
    ["a unix socket", "unix"],
  ])("the environment over %s is ncat's", async (_, at) => {
    await using folder = await scratch();
    const line = "env | grep ^NCAT_ | sort";
    const seen = async (program: string | undefined): Promise<string> => {
      const path = folder.path(program ?? "ncx");
      const port = await closedPort();
      const place = at === "unix" ? ["-U", path] : [at, `${port}`];
      const args = ["-l", "-v", ...place, "-c", line];
      await using listener = program ? startPeer(program, args) : start(args);
      await untilListening(listener);
      await using client = await tcpClient(at === "unix" ? path : port);
      const ours = new RegExp(`=(${port}|${client.port})$`, "gm");
      return `${await client.received}`.replace(ours, "=PORT");
    };
    const theirs = await seen("ncat");
    expect(theirs).toContain("NCAT_PROTO=TCP\n");
    expect(await seen(undefined)).toBe(theirs);
  });
});

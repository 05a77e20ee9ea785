/** A shell and an editor behind `ncx -l --pty`, used from a real terminal through ncx. */
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { needs } from "../helpers/peers-installed.ts";
import { CLI, scratch, startListening } from "../helpers/run-cli.ts";
import { findPty, openTerminal, type Terminal } from "../helpers/terminal.ts";

const found = await findPty();

describe.skipIf(!found)("through --pty", () => {
  const spawn = found as NonNullable<typeof found>; // else the suite is skipped

  /** A terminal in which every key goes out as it is, as `stty raw -echo; ncx host port` makes one. */
  function client(port: number): Terminal {
    const line = `stty raw -echo; exec "${process.execPath}" "${CLI}" 127.0.0.1 ${port}`;
    return openTerminal(spawn, "/bin/sh", ["-c", line]);
  }

  needs("bash")("bash has a prompt, a terminal, job control and line editing", async () => {
    const args = ["-l", "127.0.0.1", "0", "--pty", "-e", "bash --norc", "--exit-from-child"];
    await using ncx = await startListening(args, { env: { PS1: "READY> ", INPUTRC: "/dev/null" } });
    const terminal = client(ncx.port);
    await terminal.shows(/READY> /);
    terminal.type("tty\n");
    await terminal.shows(/\n\r\/dev\/\S+\n/);
    // It says itself when it is there to be stopped, and to be ended: a key that comes before is nobody's. And it starts
    // nothing: a shell that is just doing that cannot be stopped.
    terminal.type(`sh -c 'trap "echo again" CONT; echo up $((1+1)); while :; do read x; done'\n`);
    await terminal.shows(/up 2\n/);
    terminal.type("\u001A"); // ^Z
    await terminal.shows(/Stopped/);
    await terminal.shows(/READY> /);
    terminal.type("fg\n");
    await terminal.shows(/\nagain\n/);
    terminal.type("\u0003"); // ^C
    await terminal.shows(/READY> /);
    terminal.type("echo $((6 * 8))\u0001#\n"); // ^A: to the start of the line
    terminal.type("echo $((6 * 7))\n");
    await terminal.shows(/\n\r42\n/);
    expect(terminal.raw).not.toMatch(/job control|\r48/);
    terminal.type("exit 7\n");
    expect((await ncx.ended).code).toBe(7);
    expect((await terminal.exited).exitCode).toBe(0);
  });

  needs("vim.tiny")("vi draws its screen, and writes what is typed", async () => {
    await using folder = await scratch();
    const file = folder.path("note.txt");
    const args = ["-l", "127.0.0.1", "0", "--pty", "-e", `vim.tiny -u NONE ${file}`];
    await using ncx = await startListening(args);
    const terminal = client(ncx.port);
    await terminal.shows(/note\.txt/);
    await terminal.shows(/~\s+~\s+~/);
    expect(terminal.raw).toMatch(/\u001B\[\d*;?\d*H/); // it moves the cursor
    terminal.type("ihello from afar");
    await terminal.shows(/hello from afar/);
    terminal.type("\u001B:wq\n");
    expect((await ncx.ended).code).toBe(0);
    expect((await terminal.exited).exitCode).toBe(0);
    expect(await readFile(file, "utf8")).toBe("hello from afar\n");
  });

  test("a listener in a terminal gives the program one of the same size", async () => {
    const ncx = openTerminal(
      spawn,
      process.execPath,
      [CLI, "-lv", "127.0.0.1", "0", "--pty", "-c", "stty size"],
      {
        columns: 97,
      },
    );
    const [, port] = await ncx.shows(/Listening on \S*:(\d+)/i);
    const terminal = client(Number(port));
    await terminal.shows(/24 97/);
    expect((await ncx.exited).exitCode).toBe(0);
  });

  test("who hangs up ends the program", async () => {
    await using ncx = await startListening([
      "-l",
      "127.0.0.1",
      "0",
      "--pty",
      "-c",
      "echo $$; exec cat",
    ]);
    const terminal = client(ncx.port);
    const [, pid] = await terminal.shows(/(\d+)\n/);
    expect(Number(pid)).toBeGreaterThan(1);
    ncx.kill("SIGTERM");
    expect((await ncx.ended).code).toBe(143);
    expect(() => process.kill(Number(pid), 0)).toThrow("ESRCH");
    await terminal.exited;
  });
});

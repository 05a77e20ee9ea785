/** The telnet server and --raw, used from a real terminal: full-screen programs, resize, ^C, and the way out. */
import { readFile, stat, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { needs, peer } from "../helpers/peers-installed.ts";
import { CLI, run, scratch, startListening, type Listening } from "../helpers/run-cli.ts";
import { findPty, openNcx, openTerminal, type Terminal } from "../helpers/terminal.ts";

const found = await findPty();

const BASH = "bash --norc --noprofile -i";

function serve(...more: string[]): Promise<Listening> {
  return startListening(["-l", "127.0.0.1", "0", "--telnet", "--pty", ...more]);
}

/** Whatever the shell says first: its prompt is no variable of the client's. */
const PROMPT = /\$ |# /;

describe.skipIf(!found)("a telnet server", () => {
  const spawn = found as NonNullable<typeof found>; // else the suite is skipped

  const clients: Readonly<Record<string, (port: number) => Terminal>> = {
    telnet: (port) => openTerminal(spawn, peer("telnet"), ["127.0.0.1", `${port}`]),
    busybox: (port) => openTerminal(spawn, peer("busybox"), ["telnet", "127.0.0.1", `${port}`]),
  };

  /** ^], and what each of them has for quitting. */
  async function quit(name: string, terminal: Terminal): Promise<void> {
    terminal.type("\u001D");
    await terminal.shows(name === "busybox" ? /e\texit telnet/ : /telnet> /);
    terminal.type(name === "busybox" ? "e" : "quit\n");
    await terminal.exited;
  }

  describe.each(Object.entries(clients))("for %s", (name, open) => {
    needs(name, "bash")(
      "has a prompt, the client's size, resize and ^C, and ends with ^] quit",
      async () => {
        await using ncx = await serve("-e", BASH);
        const terminal = open(ncx.port);
        await terminal.shows(PROMPT);
        terminal.type("tty; stty size; echo $TERM\n");
        await terminal.shows(/\n\r?\/dev\/\S+\n24 80\nxterm-256color\n/);
        // BusyBox tells its size once.
        if (name === "telnet") {
          terminal.resize(101, 37);
          terminal.type(
            "until [ \"$(stty size)\" = '37 101' ]; do sleep 0.1; done; echo re''sized\n",
          );
          await terminal.shows(/\n\r?resized\n/);
          await terminal.shows(PROMPT);
        }
        terminal.type(`sh -c "echo wait''ing; exec sleep 100"\n`);
        await terminal.shows(/\n\r?waiting\n/);
        terminal.type("\u0003");
        await terminal.shows(PROMPT);
        terminal.type("echo $((6*7))\n");
        await terminal.shows(/\n\r?42\n/);
        await quit(name, terminal);
        expect((await ncx.ended).code).toBe(0);
      },
    );

    needs(name, "vim.tiny")("draws vi, and saves what is typed", async () => {
      await using folder = await scratch();
      const file = folder.path("note.txt");
      await using ncx = await serve("-e", `vim.tiny -u NONE ${file}`);
      const terminal = open(ncx.port);
      await terminal.shows(/\[New\]|\[New File\]/);
      terminal.type("ihello from afar");
      await terminal.shows(/hello from afar/);
      terminal.type("\u001B:wq\n");
      await terminal.exited;
      expect(await readFile(file, "utf8")).toBe("hello from afar\n");
      expect((await ncx.ended).code).toBe(0);
    });

    needs(name, "top")("draws top, which ends at q", async () => {
      await using ncx = await serve("-e", "top -d 1");
      const terminal = open(ncx.port);
      await terminal.shows(/PID USER/);
      await terminal.shows(/top - .*Tasks/s); // and once more
      terminal.type("q");
      await terminal.exited;
      expect((await ncx.ended).code).toBe(0);
    });

    needs(name, "bash")("asks for a login first, and does not show the password", async () => {
      await using ncx = await serve("-e", BASH, "--auth", "anna:s3cret pass");
      const terminal = open(ncx.port);
      await terminal.shows(/login: /);
      terminal.type("annx\u007Fa\n");
      await terminal.shows(/annx[\b ]+a\nPassword: /);
      terminal.type("s3cret pass\n");
      await terminal.shows(PROMPT);
      terminal.type("echo $((6*7))\n");
      await terminal.shows(/\n\r?42\n/);
      expect(terminal.raw).not.toContain("s3cret");
      terminal.type("exit\n");
      await terminal.exited;
      expect((await ncx.ended).stderr).not.toContain("s3cret");
    });
  });

  needs("bash")("shows each line once in line mode, where ^\\ is the terminal's", async () => {
    await using ncx = await serve("-e", BASH);
    const terminal = openNcx(spawn, ["telnet", "127.0.0.1", `${ncx.port}`]);
    await terminal.shows(PROMPT);
    terminal.type("\u001Dmode line\n");
    await terminal.shows(/telnet> mode line\n/);
    for (let echo: string | undefined; echo !== "Local";) {
      terminal.type("\u001Dstatus\n");
      [, echo] = await terminal.shows(
        /(Local|Remote) character echo\.[^]*Escape character[^\n]*\n/,
      );
    }
    terminal.type("echo $((6*7))\n");
    await terminal.shows(/^echo \$\(\(6\*7\)\)\n\r*42\r*\n/);
    await terminal.shows(PROMPT);
    terminal.type(`sh -c "echo wait''ing; exec sleep 100"\n`);
    await terminal.shows(/\n\r*waiting\r*\n/);
    terminal.type("\u001C");
    await terminal.shows(PROMPT);
    terminal.type("echo was $?\n");
    await terminal.shows(/\n\r*was 131\r*\n/);
    terminal.type("\u001Dquit\n");
    await terminal.exited;
    expect((await ncx.ended).code).toBe(0);
  });

  needs("telnet", "bash")("records what was shown, for nobody else to read", async () => {
    await using folder = await scratch();
    const file = folder.path("a.cast");
    await writeFile(file, "old", { mode: 0o644 });
    await using ncx = await serve("-e", BASH, "--record", file);
    const terminal = openTerminal(spawn, peer("telnet"), ["127.0.0.1", `${ncx.port}`]);
    await terminal.shows(PROMPT);
    // Not before the terminal is that of `read`: bash has shown the end of the line when it still is its own.
    terminal.type("stty -echo; echo hi''dden; read secret; stty echo\n");
    await terminal.shows(/\n\r?hidden\n/);
    terminal.type("unseen\n");
    await terminal.shows(PROMPT);
    terminal.resize(90, 30);
    terminal.type("until [ \"$(stty size)\" = '30 90' ]; do sleep 0.1; done; echo gr''ün\n");
    await terminal.shows(/\n\r?gr/);
    terminal.type("exit\n");
    await terminal.exited;
    expect((await ncx.ended).code).toBe(0);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
    const [header, ...events] = lines.map((line): unknown => JSON.parse(line));
    expect(header).toMatchObject({
      version: 2,
      width: 80,
      height: 24,
      env: { TERM: "xterm-256color" },
    });
    const rows = events as [number, string, string][];
    expect(rows.filter(([, code]) => code === "r").map(([, , size]) => size)).toEqual(["90x30"]);
    const shown = rows.map(([, code, text]) => (code === "o" ? text : "")).join("");
    expect(shown).toContain("\rgrün\r\n");
    expect(shown).not.toContain("unseen");
    const times = rows.map(([time]) => time);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
  });

  needs("telnet")("loses no byte to the client's commands, a Synch among them", async (context) => {
    // Urgent data is the kernel's: without koffi one byte of it is missing.
    await import("koffi").catch(() => context.skip());
    await using ncx = await serve("-e", "cat -v");
    const terminal = openTerminal(spawn, peer("telnet"), ["127.0.0.1", `${ncx.port}`]);
    await terminal.shows(/Escape character.*\n/);
    for (const [keys, command] of [
      ["a", "synch"],
      ["b", "ao"],
      ["c", "nop"],
      ["dx", "ec"],
    ] as const) {
      terminal.type(keys);
      await terminal.shows(new RegExp(keys));
      terminal.type("\u001D");
      await terminal.shows(/telnet> /);
      terminal.type(`send ${command}\n`);
      await terminal.shows(/\n/);
    }
    terminal.type("e\n");
    await terminal.shows(/\nabcde\n/);
    terminal.type("\u001D");
    await terminal.shows(/telnet> /);
    terminal.type("send ayt\n");
    await terminal.shows(/\[Yes\]/);
    terminal.type("\u001D");
    await terminal.shows(/telnet> /);
    terminal.type("send eof\n");
    await terminal.exited;
    expect((await ncx.ended).code).toBe(0);
  });

  needs("telnet")("hangs the program up when the client goes", async () => {
    await using ncx = await serve("-c", "echo pid $$; trap '' INT; exec cat");
    const terminal = openTerminal(spawn, peer("telnet"), ["127.0.0.1", `${ncx.port}`]);
    const [, pid] = await terminal.shows(/pid (\d+)\n/);
    await quit("telnet", terminal);
    await ncx.ended;
    expect(() => process.kill(Number(pid), 0)).toThrow("ESRCH");
  });
});

describe.skipIf(!found)("--raw", () => {
  const spawn = found as NonNullable<typeof found>; // else the suite is skipped

  const listening = (...more: string[]): Promise<Listening> =>
    startListening(["-l", "127.0.0.1", "0", "--pty", ...more]);

  /** A shell that shows how its terminal is before ncx and after it. */
  function shell(...args: string[]): Terminal {
    const words = [process.execPath, CLI, ...args].map((word) => `'${word}'`).join(" ");
    const line = `before=$(stty -g); ${words}; echo "code $?"; [ "$(stty -g)" = "$before" ] && echo same`;
    return openTerminal(spawn, "/bin/sh", ["-c", line]);
  }

  needs("vim.tiny")(
    "vi draws, ^C is a key, ^] leaves with 0 and puts the terminal back",
    async () => {
      await using folder = await scratch();
      const file = folder.path("note.txt");
      await using ncx = await listening("-e", `vim.tiny -u NONE ${file}`);
      const terminal = shell("--raw", "127.0.0.1", `${ncx.port}`);
      await terminal.shows(/Escape character is '\^\]'/);
      await terminal.shows(/\[New\]|\[New File\]/);
      // After ^V a ^C is a character like others; anywhere else vi may miss it.
      terminal.type("ihello\u0016");
      await terminal.shows(/hello\^/);
      terminal.type("\u0003");
      await terminal.shows(/C/);
      terminal.type("\u001B:w\n");
      await terminal.shows(/written/);
      terminal.type("\u001D");
      await terminal.shows(/code 0\nsame\n/);
      expect(await readFile(file, "utf8")).toBe("hello\u0003\n");
      await ncx.ended; // vi is hung up
    },
  );

  needs("bash")("with --telnet it is a plain terminal for a telnet server", async () => {
    await using ncx = await listening("--telnet", "-e", BASH);
    const terminal = shell("--raw", "--telnet", "127.0.0.1", `${ncx.port}`);
    await terminal.shows(PROMPT);
    terminal.type(`sh -c "echo wait''ing; exec sleep 100"\n`);
    await terminal.shows(/\n\r?waiting\n/);
    terminal.type("\u0003");
    await terminal.shows(PROMPT);
    terminal.type("exit\n");
    await terminal.shows(/code 0\nsame\n/);
    expect(terminal.raw).not.toContain("\u00FF");
  });

  needs("bash")("^C interrupts what runs there, not ncx", async () => {
    await using ncx = await listening("-e", BASH);
    const terminal = shell("--raw", "127.0.0.1", `${ncx.port}`);
    await terminal.shows(PROMPT);
    terminal.type(`sh -c "echo wait''ing; exec sleep 100"\n`);
    await terminal.shows(/waiting/);
    terminal.type("\u0003");
    await terminal.shows(PROMPT);
    terminal.type("exit 3\n");
    await terminal.shows(/code 0\nsame\n/);
  });

  test("--escape is another way out", async () => {
    await using ncx = await listening("-c", "stty raw -echo; echo ready; od -An -c -N2");
    const terminal = shell("--raw", "--escape", "^A", "127.0.0.1", `${ncx.port}`);
    await terminal.shows(/'\^A'.*ready/s);
    terminal.type("\u001D\u001D");
    await terminal.shows(/035 +035/);
    await terminal.shows(/code 0\nsame\n/);
    // Who shows something has the terminal: before, it is the terminal itself that shows ^A.
    await using again = await listening("-c", "echo ready; exec cat");
    const other = shell("--raw", "--escape", "^A", "127.0.0.1", `${again.port}`);
    await other.shows(/'\^A'.*ready/s);
    other.type("x");
    await other.shows(/x/);
    other.type("\u0001");
    await other.shows(/^\r*\n\r*code 0\nsame\n/); // on a line of its own
  });

  test("leaves also where the peer takes nothing", async () => {
    await using ncx = await listening("-c", "stty raw -echo; echo ready; exec sleep 100");
    const terminal = shell("--raw", "127.0.0.1", `${ncx.port}`);
    await terminal.shows(/ready/);
    terminal.type("x".repeat(50_000));
    terminal.type("\u001D");
    await terminal.shows(/code 0\nsame\n/);
  });

  test("a lost connection puts the terminal back", async () => {
    await using ncx = await listening("-e", "cat");
    const terminal = shell("--raw", "127.0.0.1", `${ncx.port}`);
    await terminal.shows(/Escape/);
    terminal.type("x");
    await terminal.shows(/x/);
    ncx.kill("SIGKILL");
    await terminal.shows(/code \d+\nsame\n/);
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s puts the terminal back", async (signal, code) => {
    await using ncx = await listening("-c", "echo $NCX_REMOTE_PORT; exec cat");
    const pids = await scratch();
    const file = pids.path("pid");
    const words = `'${process.execPath}' '${CLI}' --raw 127.0.0.1 ${ncx.port}`;
    const line = `before=$(stty -g); sh -c 'echo $$ >${file}; exec ${words.replaceAll("'", "")}'; echo "code $?"; [ "$(stty -g)" = "$before" ] && echo same`;
    const terminal = openTerminal(spawn, "/bin/sh", ["-c", line]);
    await terminal.shows(/\d+\n/);
    process.kill(Number(await readFile(file, "utf8")), signal);
    await terminal.shows(new RegExp(`code ${code}\nsame\n`));
    await pids[Symbol.asyncDispose]();
  });

  test("a crash puts the terminal back", async () => {
    await using folder = await scratch();
    const file = folder.path("crash.cjs");
    await writeFile(file, "process.on('SIGUSR2', () => { throw new Error('crash') });");
    await using ncx = await listening("-c", "echo ready; exec cat");
    const words = `'${process.execPath}' --require '${file}' '${CLI}' --raw 127.0.0.1 ${ncx.port}`;
    const line = `before=$(stty -g); sh -c 'echo $$ >${folder.path("pid")}; exec ${words.replaceAll("'", "")}'; echo "code $?"; [ "$(stty -g)" = "$before" ] && echo same`;
    const terminal = openTerminal(spawn, "/bin/sh", ["-c", line]);
    await terminal.shows(/ready/);
    process.kill(Number(await readFile(folder.path("pid"), "utf8")), "SIGUSR2");
    await terminal.shows(/Error: crash/);
    await terminal.shows(/code [1-9]\d*\nsame\n/);
  });

  needs("bash")("a listener takes a shell that calls in", async () => {
    const listener = openNcx(spawn, ["-lv", "--raw", "127.0.0.1", "0"]);
    const [, port] = await listener.shows(/Listening on \S*:(\d+)/i);
    const shellEnd = run(["127.0.0.1", `${port}`, "--pty", "-e", BASH]);
    await listener.shows(/Escape character/);
    await listener.shows(PROMPT);
    listener.type("echo $((6*7))\n");
    await listener.shows(/\n\r?42\n/);
    listener.type("\u001D");
    expect((await listener.exited).exitCode).toBe(0);
    await shellEnd; // bash is hung up
  });
});

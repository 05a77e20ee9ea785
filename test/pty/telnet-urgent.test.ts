/** A telnetd marks what ^C has thrown away with a Synch, urgent data: no byte of it is shown, and none beside it lost. */
import { describe, expect } from "vitest";
import { needs } from "../helpers/peers-installed.ts";
import { startTelnetd } from "../helpers/telnetd.ts";
import { findPty, openNcx } from "../helpers/terminal.ts";

const found = await findPty();
const koffi = await import("koffi").then(
  () => true,
  () => false,
);

describe.skipIf(!found || !koffi)("ncx telnet", () => {
  const spawn = found as NonNullable<typeof found>; // else the suite is skipped

  needs("telnetd", "socat")("shows nothing of a telnetd's Synch after ^C", async () => {
    await using server = await startTelnetd();
    const terminal = openNcx(spawn, ["telnet", "127.0.0.1", `${server.port}`]);
    await terminal.shows(/[$#] /);
    terminal.type(`sh -c "echo wait''ing; exec sleep 1000"\n`);
    await terminal.shows(/\nwaiting\n/);
    terminal.type("\u0003");
    await terminal.shows(/\^C\n[$#] /);
    terminal.type("echo $((6*7))\n");
    await terminal.shows(/\n42\n/);
    expect(terminal.raw).not.toMatch(/[^\0-\u007F]/);
    terminal.type("exit\n");
    await terminal.exited;
  });
});

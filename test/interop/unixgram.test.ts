/** Unix datagrams with the netcats and socat: in both roles, and both ways where the other end has a name. */
import { describe, expect } from "vitest";
import { needs } from "../helpers/peers-installed.ts";
import { startPeer, untilListening } from "../helpers/real-peers.ts";
import { scratch, start, type Running } from "../helpers/run-cli.ts";

describe.runIf(process.platform !== "win32").each(["nc.openbsd", "ncat"])("ncx and %s", (name) => {
  const test = needs(name);

  test("talk over unix datagrams, ncx listening", async () => {
    await using files = await scratch();
    await using ncx = await listening(files.path("a.sock"));
    await using other = startPeer(name, ["-u", "-U", files.path("a.sock")]);
    await talk(other, ncx);
  });

  test("talk over unix datagrams, ncx dialling", async () => {
    await using files = await scratch();
    await using other = startPeer(name, ["-l", "-v", "-u", "-U", files.path("a.sock")]);
    await untilListening(other);
    await using ncx = start(["-u", "-U", files.path("a.sock")]);
    await talk(ncx, other);
    ncx.stdin.end();
    expect(await ncx.ended).toMatchObject({ code: 0, stdout: "back\n" });
  });
});

describe.runIf(process.platform !== "win32")("ncx and socat", () => {
  const test = needs("socat");

  test("socat sends from a socket with a name, and is answered", async () => {
    await using files = await scratch();
    await using ncx = await listening(files.path("a.sock"));
    const place = `UNIX-SENDTO:${files.path("a.sock")},bind=${files.path("b.sock")}`;
    await using other = startPeer("socat", ["-", place]);
    await talk(other, ncx);
  });

  test("socat sends from a socket without a name, which is heard and cannot be answered", async () => {
    await using files = await scratch();
    await using ncx = await listening(files.path("a.sock"));
    await using other = startPeer("socat", ["-u", "-", `UNIX-SENDTO:${files.path("a.sock")}`]);
    other.stdin.write("there\n");
    await ncx.gave(/there\n/);
    ncx.stdin.write("back\n");
    expect(await ncx.ended).toMatchObject({ code: 1, stdout: "there\n" });
    expect(ncx.stderr()).toContain("no name to answer to");
  });

  test("socat receives, and answers", async () => {
    await using files = await scratch();
    const place = `UNIX-RECVFROM:${files.path("a.sock")}`;
    await using other = startPeer("socat", ["-d", "-d", place, "EXEC:cat"]);
    await other.said(/receiving on|starting|bound/i);
    await using ncx = start(["-u", "-U", files.path("a.sock")]);
    ncx.stdin.write("there and back");
    await ncx.gave(/there and back/);
  });

  test("an abstract name is the same one", async () => {
    if (process.platform !== "linux") return; // no other system has them
    const name = `@ncx-interop-${process.pid}`;
    await using ncx = await listening(name);
    const place = `ABSTRACT-SENDTO:${name.slice(1)},unix-tightsocklen=1`;
    await using other = startPeer("socat", ["-u", "-", place]);
    other.stdin.write("there\n");
    await ncx.gave(/there\n/);
  });
});

async function listening(path: string): Promise<Running> {
  const ncx = start(["-l", "-u", "-U", path, "-v"]);
  await ncx.said(/Listening on/);
  return ncx;
}

async function talk(first: Running, second: Running): Promise<void> {
  first.stdin.write("there\n");
  await second.gave(/there\n/);
  second.stdin.write("back\n");
  await first.gave(/back\n/);
}

/** A conversation between ncx and a real netcat, over each carrier and in both roles. */
import { describe, expect } from "vitest";
import { closedPort } from "../helpers/peers.ts";
import { needs } from "../helpers/peers-installed.ts";
import { NETCATS, startPeer, untilListening } from "../helpers/real-peers.ts";
import { scratch, start, startListening, type Running } from "../helpers/run-cli.ts";

describe.each(NETCATS)("ncx and $name", (netcat) => {
  const test = needs(netcat.name);
  const { name } = netcat;

  test("talk over TCP, the netcat dialling; its end of input ends both", async () => {
    await using ncx = await startListening(["-l", "127.0.0.1", "0"]);
    await using other = startPeer(name, netcat.dial(ncx.port));
    await talk(ncx, other);
    other.stdin.end();
    ncx.stdin.end();
    expect(await ncx.ended).toMatchObject({ code: 0, stdout: "to ncx\n" });
    expect(await other.ended).toMatchObject({ stdout: "from ncx\n" });
  });

  test("talk over TCP, ncx dialling; its end of input ends both", async () => {
    const port = await closedPort();
    await using other = startPeer(name, netcat.listen(port));
    await untilListening(other);
    await using ncx = start(["127.0.0.1", `${port}`]);
    await talk(ncx, other);
    ncx.stdin.end();
    other.stdin.end();
    expect(await ncx.ended).toMatchObject({ code: 0, stdout: "to ncx\n" });
    expect(await other.ended).toMatchObject({ stdout: "from ncx\n" });
  });

  test("talk over UDP, the netcat speaking first", async () => {
    await using ncx = await startListening(["-l", "-u", "127.0.0.1", "0"]);
    await using other = startPeer(name, netcat.dialUdp(ncx.port));
    await talk(other, ncx, ["to ncx", "from ncx"]);
  });

  test("talk over UDP, ncx speaking first", async () => {
    const port = await closedPort();
    await using other = startPeer(name, netcat.listenUdp(port));
    // socat says so only of TCP; its socket is there once it has started to read.
    if (name === "socat") await other.said(/listening on|starting data|UDP/i);
    else await untilListening(other);
    await using ncx = start(["-u", "127.0.0.1", `${port}`]);
    await talk(ncx, other);
    ncx.stdin.end();
    expect(await ncx.ended).toMatchObject({ code: 0, stdout: "to ncx\n" });
  });

  test("talk over UDP with -k, two of them at once", async () => {
    await using ncx = await startListening(["-l", "-k", "-u", "127.0.0.1", "0"]);
    await using first = startPeer(name, netcat.dialUdp(ncx.port));
    await using second = startPeer(name, netcat.dialUdp(ncx.port));
    first.stdin.write("first\n");
    await ncx.gave(/first\n/);
    second.stdin.write("second\n");
    await ncx.gave(/second\n/);
    ncx.stdin.write("both\n");
    await first.gave(/both\n/);
    await second.gave(/both\n/);
  });

  test("talk over a unix socket, the netcat dialling", async () => {
    await using folder = await scratch();
    const path = folder.path("s");
    await using ncx = start(["-v", "-l", "-U", path]);
    await untilListening(ncx);
    await using other = startPeer(name, netcat.dialUnix(path));
    await talk(ncx, other);
    other.stdin.end();
    ncx.stdin.end();
    expect(await ncx.ended).toMatchObject({ code: 0, stdout: "to ncx\n" });
  });

  test("talk over a unix socket, ncx dialling", async () => {
    await using folder = await scratch();
    const path = folder.path("s");
    await using other = startPeer(name, netcat.listenUnix(path));
    await untilListening(other);
    await using ncx = start(["-U", path]);
    await talk(ncx, other);
    ncx.stdin.end();
    other.stdin.end();
    expect(await ncx.ended).toMatchObject({ code: 0, stdout: "to ncx\n" });
  });

  if (!netcat.abstract) return;
  test("talk over an abstract name, either one dialling", async () => {
    await using folder = await scratch();
    const here = `@${folder.path("here")}`;
    const there = `@${folder.path("there")}`;
    await using listener = start(["-v", "-l", "-U", here]);
    await untilListening(listener);
    await using dialler = startPeer(name, netcat.dialUnix(here));
    await talk(listener, dialler);
    await using other = startPeer(name, netcat.listenUnix(there));
    await untilListening(other);
    await using ncx = start(["-U", there]);
    await talk(ncx, other);
  });
});

/** A line each way, the first one's first. */
async function talk(
  first: Running,
  second: Running,
  [there, back] = ["from ncx", "to ncx"],
): Promise<void> {
  first.stdin.write(`${there}\n`);
  await second.gave(new RegExp(`^${there}\n`));
  second.stdin.write(`${back}\n`);
  await first.gave(new RegExp(`^${back}\n`));
}

/** The proxy's password, asked for on the terminal. */
import { describe, expect, test } from "vitest";
import { workingProxy } from "../helpers/fake-proxies.ts";
import { serves, tcpPeer } from "../helpers/peers.ts";
import { findPty, openNcx } from "../helpers/terminal.ts";

const found = await findPty();
const login = { user: "joe", password: "s3cret-wörd" };

describe.skipIf(!found)("with -P ncx", () => {
  const spawn = found as NonNullable<typeof found>; // else the suite is skipped

  test("asks for the password, shows nothing of it, and leaves the terminal as it was", async () => {
    await using peer = await tcpPeer(serves.echo);
    await using proxy = await workingProxy("http", login);
    const flags = ["-P", "joe", "-Xconnect", `-x127.0.0.1:${proxy.port}`];
    const ncx = openNcx(spawn, [...flags, "127.0.0.1", `${peer.port}`]);
    await ncx.shows(/Proxy password for joe: /);
    // A wrong start, taken back by ^U; one character too many, by backspace.
    ncx.type(`nonsense\u0015${login.password}x\u007F\n`);
    await peer.next();
    ncx.type("hello\n");
    // Once as it is typed, once as it comes back.
    await ncx.shows(/hello\n[^]*hello\n/);
    ncx.type("\u0004");
    expect((await ncx.exited).exitCode).toBe(0);
    expect(ncx.raw).not.toMatch(/s3cret|nonsense/);
    expect(proxy.asked).toEqual([`127.0.0.1:${peer.port} digest`]);
  });

  test("can be stopped by ^C while it asks", async () => {
    const ncx = openNcx(spawn, ["-P", "joe", "-x127.0.0.1:9", "127.0.0.1", "9"]);
    await ncx.shows(/Proxy password for joe: /);
    ncx.type("half\u0003");
    expect((await ncx.exited).exitCode).toBe(130);
    expect(ncx.raw).not.toMatch(/half|Cannot/);
  });
});

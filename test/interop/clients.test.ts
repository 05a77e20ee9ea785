/** `ncx -l` with real clients: what they send appears, what is typed back arrives. */
import { describe, expect } from "vitest";
import { needs, peer } from "../helpers/peers-installed.ts";
import { startPeer } from "../helpers/real-peers.ts";
import { startListening } from "../helpers/run-cli.ts";
import { findPty, openTerminal } from "../helpers/terminal.ts";

const spawn = await findPty();

describe("ncx -l and curl", () => {
  const test = needs("curl");

  test("curl's request appears, and what is typed back arrives", async () => {
    await using ncx = await startListening(["-l", "127.0.0.1", "0"]);
    await using curl = startPeer("curl", ["-sS", `http://127.0.0.1:${ncx.port}/path?q=1`]);
    const [request] = await ncx.gave(/^GET .*\r\n\r\n/s);
    expect(request).toMatch(/^GET \/path\?q=1 HTTP\/1\.1\r\n/);
    expect(request).toContain(`Host: 127.0.0.1:${ncx.port}\r\n`);
    ncx.stdin.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ntyped\n");
    expect(await curl.ended).toMatchObject({ code: 0, stdout: "typed\n" });
    ncx.stdin.end();
    expect(await ncx.ended).toMatchObject({ code: 0 });
  });

  test("a page that is piped in is served, and its end is the end of the body", async () => {
    await using ncx = await startListening(["-l", "127.0.0.1", "0"]);
    ncx.stdin.end("HTTP/1.0 200 OK\r\n\r\nthe whole page");
    await using curl = startPeer("curl", ["-sS", `http://127.0.0.1:${ncx.port}/`]);
    expect(await curl.ended).toMatchObject({ code: 0, stdout: "the whole page" });
    expect(await ncx.ended).toMatchObject({ code: 0, stdout: expect.stringContaining("GET / ") });
  });

  test("a body that curl sends arrives whole", async () => {
    await using ncx = await startListening(["-l", "127.0.0.1", "0"]);
    await using curl = startPeer("curl", [
      "-sS",
      "-H",
      "Expect:",
      "--data-binary",
      "@-",
      `http://127.0.0.1:${ncx.port}/upload`,
    ]);
    const body = `${"0123456789abcdef".repeat(20_000)} is all`;
    curl.stdin.end(body);
    await ncx.gave(/ is all$/);
    ncx.stdin.end("HTTP/1.1 204 No Content\r\n\r\n");
    expect(await curl.ended).toMatchObject({ code: 0 });
    const { stdout } = await ncx.ended;
    expect(stdout).toContain(`Content-Length: ${body.length}\r\n`);
    expect(stdout.slice(stdout.indexOf("\r\n\r\n") + 4) === body).toBe(true);
  });

  test("with -k every client of many gets through", async () => {
    await using ncx = await startListening(["-l", "-k", "127.0.0.1", "0"]);
    const urls = ["one", "two", "three"];
    await using first = startPeer("curl", ["-sS", `http://127.0.0.1:${ncx.port}/${urls[0]}`]);
    await using second = startPeer("curl", ["-sS", `http://127.0.0.1:${ncx.port}/${urls[1]}`]);
    await using third = startPeer("curl", ["-sS", `http://127.0.0.1:${ncx.port}/${urls[2]}`]);
    for (const url of urls) await ncx.gave(new RegExp(`GET /${url} `));
    ncx.stdin.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nall\n");
    for (const { ended } of [first, second, third])
      expect(await ended).toMatchObject({ code: 0, stdout: "all\n" });
  });
});

describe.runIf(spawn)("ncx -l and telnet", () => {
  const test = needs("inetutils-telnet");

  test("what is typed at either end appears at the other", async () => {
    if (!spawn) return; // the suite runs only with it
    await using ncx = await startListening(["-l", "127.0.0.1", "0"]);
    const telnet = openTerminal(spawn, peer("inetutils-telnet"), ["127.0.0.1", `${ncx.port}`]);
    await telnet.shows(/Escape character is '\^]'/);
    telnet.type("hello from telnet\n");
    await ncx.gave(/^hello from telnet\r\n/);
    ncx.stdin.write("hello from ncx\r\n");
    await telnet.shows(/hello from ncx/);
    ncx.stdin.end();
    await telnet.shows(/Connection closed by foreign host/);
    expect(await ncx.ended).toMatchObject({ code: 0 });
  });

  test("telnet's own quit ends the listener", async () => {
    if (!spawn) return; // the suite runs only with it
    await using ncx = await startListening(["-l", "127.0.0.1", "0"]);
    const telnet = openTerminal(spawn, peer("inetutils-telnet"), ["127.0.0.1", `${ncx.port}`]);
    await telnet.shows(/Escape character/);
    telnet.type("\u001D\n"); // it reads whole lines while nothing is negotiated
    await telnet.shows(/telnet> /);
    telnet.type("quit\n");
    expect(await ncx.ended).toMatchObject({ code: 0, stdout: "" });
  });
});

/** --allow, --deny, their files, and the limits, as they are typed. */
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { closedPort, serves, tcpPeer, type TcpPeer } from "../helpers/peers.ts";
import { run, scratch, start, startListening, type Listening } from "../helpers/run-cli.ts";
import { callFrom, HAS_LOOPBACK_NET, udpFrom } from "../helpers/sources.ts";

describe.runIf(HAS_LOOPBACK_NET)("lists", () => {
  test.each<[string, string[], string[]]>([
    ["--allow, twice", ["--allow", "127.0.0.1", "--allow", "127.0.0.2"], ["1", "2"]],
    ["--allow with a list", ["--allow", "127.0.0.1,3"], ["1", "3"]],
    ["--allow with a range", ["--allow=127.0-5.0.2-9"], ["2", "3"]],
    ["--allow with white space", ["--allow", "127.0.0.1, 127.0.0.3"], ["1", "3"]],
    ["--deny", ["--deny", "127.0.0.2"], ["1", "3"]],
    ["--deny wins", ["--allow", "*", "--deny", "127.0.0.2-3"], ["1"]],
    ["--allow-file", ["--allow-file", "LIST"], ["1", "3"]],
    ["--allowfile, and --allow", ["--allowfile", "LIST", "--allow", "127.0.0.2"], ["1", "2", "3"]],
    ["--denyfile", ["--denyfile", "LIST"], ["2"]],
    ["two files", ["--denyfile", "LIST", "--denyfile", "OTHER"], []],
    ["an empty --allow-file", ["--allow-file", "EMPTY"], []],
    ["an empty --deny-file", ["--deny-file", "EMPTY"], ["1", "2", "3"]],
    ["--max-conns 0", ["--max-conns", "0"], []],
    ["--max-conns-per-ip 0", ["--max-conns-per-ip", "0"], []],
  ])("%s", async (_name, flags, expected) => {
    await using folder = await scratch();
    const list =
      "\uFEFF# friends\r\n127.0.0.1 # the first\r\n\r\n  127.0.0.3,10.1.1.1\t::1 # and\r\n";
    await writeFile(folder.path("LIST"), list);
    await writeFile(folder.path("OTHER"), "127.0.0.2");
    await writeFile(folder.path("EMPTY"), "# nobody\n");
    const words = flags.map((word) => (/^[A-Z]+$/.test(word) ? folder.path(word) : word));
    await using upstream = await tcpPeer(serves.echo);
    await using server = await relayTo(upstream, words);
    const fates = await Promise.all(
      ["1", "2", "3"].map((last) => callFrom(`127.0.0.${last}`, server.port)),
    );
    expect(["1", "2", "3"].filter((_, at) => fates[at] === "hello")).toEqual(expected);
  });

  test("--deny-mode reset resets", async () => {
    const args = ["-l", "127.0.0.1", "0", "--deny=*", "--deny-mode=reset"];
    await using server = await startListening(args);
    expect(await callFrom("127.0.0.1", server.port, { says: "" })).toBe("ECONNRESET");
  });

  test("--accept-rate 1 takes the first of two, and says what became of the other", async () => {
    await using upstream = await tcpPeer(serves.echo);
    await using server = await relayTo(upstream, ["--accept-rate", "1"]);
    const calls = [callFrom("127.0.0.1", server.port), callFrom("127.0.0.2", server.port)];
    const fates = await Promise.all(calls);
    expect(fates.filter((fate) => fate === "hello")).toHaveLength(1);
    await server.said(/^Ncx: tcp:127\.0\.0\.[12]:\d+ turned away: more than 1 a second$/m);
  });

  test("without -k, who is turned away does not end the listener; it waits for one who may", async () => {
    await using server = await startListening(["-l", "127.0.0.1", "0", "--allow", "127.0.0.2"]);
    server.stdin.end("welcome");
    expect(await callFrom("127.0.0.1", server.port, { says: "" })).toBe("");
    await server.said(/^Ncx: 127\.0\.0\.1:\d+ turned away: not allowed$/m);
    expect(await callFrom("127.0.0.2", server.port)).toBe("welcome");
    expect(await server.ended).toMatchObject({ code: 0, stdout: "hello" });
  });

  test("without -k, UDP stays with the first who may", async () => {
    const args = ["-u", "-l", "127.0.0.1", "0", "--allow", "127.0.0.2", "-W", "1"];
    await using server = await startListening(args);
    await using stranger = await udpFrom("127.0.0.1", server.port);
    await using friend = await udpFrom("127.0.0.2", server.port);
    stranger.say("stranger");
    await server.said(/turned away: not allowed/);
    friend.say("friend");
    expect(await server.ended).toMatchObject({ code: 0, stdout: "friend" });
  });

  test("-m 0 without -k lets nobody in, and is not said to be ignored", async () => {
    await using server = await startListening(["-l", "127.0.0.1", "0", "-m", "0"]);
    expect(await callFrom("127.0.0.1", server.port, { says: "" })).toBe("");
    await server.said(/turned away: the limit of 0 connections is reached/);
    expect(server.stderr()).not.toContain("Ignored");
  });

  test("who is turned away does not count for -m", async () => {
    const flags = ["-l", "-k", "-m", "1", "--allow", "127.0.0.2"];
    await using server = await startListening([...flags, "127.0.0.1", "0"]);
    server.stdin.end();
    for (let call = 0; call < 3; call += 1)
      expect(await callFrom("127.0.0.1", server.port, { says: "" })).toBe("");
    void callFrom("127.0.0.2", server.port);
    await server.gave(/hello/);
  });

  test("--deny holds for a client that has reset before it is accepted: its address is unknown then", async () => {
    const args = ["-l", "-k", "127.0.0.1", "0", "--deny", "127.0.0.2"];
    await using server = await startListening(args);
    server.kill("SIGSTOP");
    const hasty = new Socket().on("error", () => {});
    hasty.connect({ host: "127.0.0.1", port: server.port, localAddress: "127.0.0.2" });
    await once(hasty, "connect");
    await new Promise((resolve) => hasty.write("let me in\n", resolve));
    hasty.resetAndDestroy();
    await once(hasty, "close");
    server.kill("SIGCONT");
    void callFrom("127.0.0.1", server.port, { says: "the next\n" });
    await server.gave(/the next\n/);
    server.kill("SIGINT");
    expect((await server.ended).stdout).toBe("the next\n");
    expect(server.stderr()).toMatch(/turned away: not allowed/);
  });

  test("relay heeds the lists, and dials for nobody else", async () => {
    let served = 0;
    await using upstream = await tcpPeer((socket) => {
      served += 1;
      serves.echo(socket);
    });
    await using relay = await relayTo(upstream, ["--deny", "127.0.0.2", "--max-conns-per-ip", "5"]);
    expect(await callFrom("127.0.0.2", relay.port, { says: "" })).toBe("");
    await relay.said(/^Ncx: tcp:127\.0\.0\.2:\d+ turned away: not allowed$/m);
    expect(await callFrom("127.0.0.1", relay.port)).toBe("hello");
    expect(served).toBe(1);
  });

  test.each([
    ["listen", ["-l", "-k", "127.0.0.1", "0"]],
    ["relay", ["relay", "127.0.0.1:0", "127.0.0.1:1"]],
  ])("%s --json says a reject for each reason", async (_mode, args) => {
    const flags = ["--json", "--deny", "127.0.0.2", "--max-conns-per-ip", "0"];
    await using server = start([...args, ...flags]);
    const [, port] = await server.said(/"listening".*"port":(\d+)/);
    await callFrom("127.0.0.2", Number(port), { says: "" });
    const [denied] = await server.said(/^.*"reject".*not allowed.*$/m);
    await callFrom("127.0.0.1", Number(port), { says: "" });
    const [limited] = await server.said(/^.*"reject".*the limit.*$/m);
    expect(JSON.parse(denied)).toMatchObject({
      type: "reject",
      remote: { kind: "tcp", host: "127.0.0.2" },
      reason: "not allowed",
    });
    expect(JSON.parse(limited)).toMatchObject({
      type: "reject",
      remote: { kind: "tcp", host: "127.0.0.1" },
      reason: "the limit of 0 connections of one address is reached",
    });
  });
});

describe("a list with a mistake is refused at the start", () => {
  test.each<[string[], RegExp]>([
    [["--allow", "127.0.0.300"], /Cannot use host "127\.0\.0\.300" \(--allow\): an octet is 0-255/],
    [["--deny", "127.0.0.1,127.0.0.2/99"], /"127\.0\.0\.2\/99" \(--deny\): the mask must be 0-32/],
    [["--allow", ""], /Cannot use --allow "": it names no host/],
    [["--deny", " , "], /Cannot use --deny " , ": it names no host/],
    [
      ["--allow", "nosuch.invalid"],
      /Cannot resolve "nosuch\.invalid" \(--allow\): name or service/,
    ],
    [["-n", "--deny", "a.test"], /Cannot resolve "a\.test" \(--deny\): name or service not known/],
    [["--allow-file", "/nonexistent"], /read --allow-file "\/nonexistent": no such file/],
    [["--deny-file", "/"], /read --deny-file "\/": is a directory/],
    [["--deny-mode", "drop"], /Cannot use --deny-mode "drop"/],
    [["--accept-rate", "0"], /Cannot parse number "0"/],
    [["--max-conns-per-ip", "many"], /Cannot parse number "many"/],
  ])("%j", async (flags, message) => {
    const ended = await run(["-l", "127.0.0.1", "0", "-v", ...flags]);
    expect(ended).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(message) });
    expect(ended.stderr).not.toContain("Listening");
  });

  test.each([
    [
      "# fine\n127.0.0.1\n127.0.0.2 127.0.0\n",
      /"127\.0\.0" \((.*), line 3\): a v4 address has four/,
    ],
    ["127.0.0.1\r\rbad..host # typo\r", /"bad\.\.host" \((.*), line 3\): it is neither/],
    ["127.0.0.1\nnosuch.invalid\n", /Cannot resolve "nosuch\.invalid" \((.*), line 2\): name or/],
    ["127.0.0.1 ; not a comment\n", /";" \((.*), line 1\)/],
  ])("a file that says %j: the message has its name and the line", async (text, message) => {
    await using folder = await scratch();
    await writeFile(folder.path("hosts.txt"), text);
    for (const flag of ["--allow-file", "--deny-file"]) {
      const ended = await run(["-l", "127.0.0.1", "0", flag, folder.path("hosts.txt")]);
      expect(ended.code).toBe(2);
      expect(message.exec(ended.stderr)?.[1]).toBe(folder.path("hosts.txt"));
    }
  });

  test("a unix socket takes no list: its clients have no address", async () => {
    await using folder = await scratch();
    const ended = await run(["-lU", folder.path("a.sock"), "--allow", "127.0.0.1"]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/its clients have no address to go by/);
  });

  test("in a relay, no rule is opened when the list of all is bad", async () => {
    const port = await closedPort();
    const args = ["relay", "-L", `${port}:127.0.0.1:1`, "--deny", "oops.invalid"];
    expect(await run(args)).toMatchObject({ code: 2 });
  });
});

describe.runIf(HAS_LOOPBACK_NET)("other netcats' words", () => {
  test("ncat: a denial with -v, and the limit", async () => {
    const flags = ["--compat", "ncat", "-l", "-k", "127.0.0.1", "0"];
    await using denying = await startListening([...flags, "--deny", "127.0.0.1"]);
    await callFrom("127.0.0.1", denying.port, { says: "" });
    await denying.said(/^Ncat: New connection denied: not allowed$/m);
    await using full = await startListening([...flags, "-m", "0"]);
    await callFrom("127.0.0.1", full.port, { says: "" });
    await full.said(/^Ncat: New connection denied: connection limit reached \(0\)$/m);
  });

  test("traditional: a host after -l is the peer", async () => {
    const args = ["--compat", "traditional", "-l", "-s", "127.0.0.1", "127.0.0.2"];
    await using friendly = await startListening(args);
    friendly.stdin.end();
    await callFrom("127.0.0.2", friendly.port);
    expect(await friendly.ended).toMatchObject({ code: 0, stdout: "hello" });
    await using strict = await startListening(args);
    expect(await callFrom("127.0.0.1", strict.port, { says: "" })).toBe("");
    const ended = await strict.ended;
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toMatch(
      /^invalid connection to \[127\.0\.0\.1\] from localhost \[127\.0\.0\.1\] \d+$/m,
    );
  });

  test("traditional: and a port after it is the peer's", async () => {
    const port = await closedPort();
    const args = ["--compat", "traditional", "-l", "-s", "127.0.0.1", "127.0.0.2", `${port}`];
    await using friendly = await startListening(args);
    friendly.stdin.end();
    await callFrom("127.0.0.2", friendly.port, { port });
    expect(await friendly.ended).toMatchObject({ code: 0, stdout: "hello" });
    await using strict = await startListening(args);
    await callFrom("127.0.0.2", strict.port, { says: "" });
    expect(await strict.ended).toMatchObject({ code: 1, stdout: "" });
  });

  test("traditional: UDP hears that peer alone", async () => {
    const args = ["--compat", "traditional", "-u", "-l", "-s", "127.0.0.1", "127.0.0.2"];
    await using strict = await startListening(args);
    await using stranger = await udpFrom("127.0.0.1", strict.port);
    stranger.say("hello");
    expect(await strict.ended).toMatchObject({ code: 1, stdout: "" });
  });

  test.each<[string[], RegExp]>([
    [["nosuch.invalid"], /^nosuch\.invalid: forward host lookup failed: Unknown host$/m],
    [["127.0.0.1", "0"], /nobody has port 0/],
    [["127.0.0.1", "20-30"], /"20-30"/],
    [["8080"], /it is a port/],
    [["*"], /it is not one host/],
    [["127.0.0.1,2"], /it is not one host/],
    [["127.0.0.1", "--allow", "127.0.0.2"], /--allow was given as well/],
  ])("traditional -l %j is refused", async (words, message) => {
    const ended = await run(["--compat", "traditional", "-l", ...words]);
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(message) });
  });
});

function relayTo({ port }: TcpPeer, flags: readonly string[]): Promise<Listening> {
  return startListening(["relay", "127.0.0.1:0", `127.0.0.1:${port}`, ...flags]);
}

/** What makes no sense: one line, a hint where there is one, the documented code, nothing hung. */
import { describe, expect, test } from "vitest";
import { runInMemory } from "../helpers/memory-world.ts";
import { tcpPeer } from "../helpers/peers.ts";
import { CLI, run, start } from "../helpers/run-cli.ts";

const long = "h".repeat(300);

describe("a line that makes no sense ends with 2 and says", () => {
  test.each([
    // ports
    ["host 0", /"0": a port is 1-65535/],
    ["host 65536", /"65536": a port is 1-65535/],
    ["host -1", /"-1": a port is 1-65535/],
    ["host 99999999999999999999", /a port is 1-65535/],
    ["host 8o", /"8o": not a number or a known service/],
    ["host x", /"x": not a number or a known service/],
    ["-l 65536", /"65536": out of range/],
    ["-l -1", /"-1": out of range/],
    ["-l -p 65536", /"65536": out of range/],
    ["-l nonsense", /"nonsense": not a number or a known service/],
    ["-p 70000 host 80", /"70000": out of range/],
    ["host:0", /port 0 cannot be dialled/],
    ["host:65536", /port must be 0-65535/],
    ["-z host 0", /"0": a port is 1-65535/],
    ["-z host 30-20", /the range ends before it begins/],
    ["-z host 20-", /not a number or a known service/],
    ["-z host", /the host or the port is missing/],
    // hosts
    [`${long} 80`, /the host is longer than 253 characters/],
    ["[::1 80", /Cannot parse address "\[::1": not a v6 address/],
    ["[::1:80", /Cannot parse address "\[::1:80"/],
    ["::1::2 80", /not a v6 address/],
    ["a/b 80", /Cannot parse address/],
    ["host", /"host" alone names no port/],
    ["80", /"80" alone names no host/],
    ["", /the host is missing|names no port/],
    ["host 80 90", /more than one port was given/],
    ["host 80-90", /more than one port was given/],
    ["host 80,90", /more than one port was given/],
    // listening
    ["-l", /the port is missing/],
    ["-l host", /not a number or a known service/],
    ["-l -s 127.0.0.1 127.0.0.2 0", /two addresses were given, 127\.0\.0\.2 and 127\.0\.0\.1/],
    ["-l 127.0.0.1:8080 -s 127.0.0.2", /two addresses were given/],
    ["-l -p 1 2", /two ports were given, 2 and 1/],
    ["-l 27555 27556", /two ports were given, 27555 and 27556/],
    ["-l -U -p 1 /a", /-p has no meaning with -U/],
    ["-l memory:x", /memory:x is for the library/],
    ["memory:x", /memory:x is for the library/],
    ["-l a b c", /more than one port was given/],
    ["-l 192.0.2.1 0", /Cannot assign requested address/],
    ["-4 -6 host 80", /they exclude each other/],
    // unix
    ["-U", /the path is missing\nNcx: hint: ncx -U \/tmp\/a\.sock\n$/],
    ["-U /a /b", /"\/b" is too much/],
    ["-lU", /the path is missing/],
    // options
    ["--no-such-option", /unknown option "--no-such-option"/],
    ["--lisen 80", /did you mean --listen\?/],
    ["-Y host 80", /unknown option "-Y"/],
    ["-w soon host 80", /"soon": not a duration/],
    ["-w", /-w: it needs a value/],
    ["-q x host 80", /"x": not a duration/],
    ["-m -1 -l 0", /"-1": out of range/],
    ["--eol=dos host 80", /not one of its values/],
    ["-T nonsense host 80", /-T "nonsense": it is not understood/],
    ["-T 0x1ff host 80", /0x1ff/],
    ["-T 999 host 80", /999/],
    ["-d 5 host 80", /did you mean --delay 5\?/],
    ["--compat busybox host 80", /not one of its values/],
    ["--udp=maybe host 80", /it takes no value/],
    ["-s no-such-host.invalid host 80", /use -s "no-such-host\.invalid": the source address/],
    ["--send-only --recv-only host 80", /--send-only and --recv-only: they exclude each other/],
    ["-d --send-only host 80", /--send-only and --no-stdin: they exclude each other/],
    ["-N --no-shutdown host 80", /--shutdown and --no-shutdown: they exclude each other/],
    ["--verb", /did you mean --verbose\?/],
    // relay
    ["relay 8080 127.0.0.1:8080", /tcp:127\.0\.0\.1:8080 is where it would listen/],
    ["relay --public 8080 localhost:8080", /tcp:localhost:8080 is where it would listen/],
    ["relay udp:[::1]:53 [::1]:53", /udp:\[::1\]:53 is where it would listen/],
    ["relay unix:@same unix:@same", /unix:@same is where it would listen/],
    ["relay 8080 a:1 127.0.0.1:8080 b:1", /two rules listen on tcp:127\.0\.0\.1:8080/],
    ["relay 8080 localhost:0", /relay to tcp:localhost:0: port 0 cannot be dialled/],
    ["relay memory:x host:80", /memory:x is for the library/],
    ["relay 8080 tls:memory:x", /tls:memory:x is for the library/],
    ["relay", /no rule was given/],
    ["relay 8080", /"8080" has no destination/],
    ["relay 0 -", /Cannot relay stdio/],
    ["relay 0 host:65536", /port must be 0-65535/],
    ["relay x y", /Cannot parse/],
    ["-L 8080 ", /not \[bind:\]port:host:port/],
    // completion
    ["completion", /give one shell/],
    ["completion tcsh", /tcsh/],
  ])("ncx %s", async (line, said) => {
    const argv = line === "" ? [""] : line.trim().split(" ");
    const { code, stdout, stderr } = await runInMemory(argv);
    expect(stderr).toMatch(said);
    expect([code, stdout]).toEqual([2, ""]);
    const [first, ...hints] = stderr.split("\n").slice(0, -1);
    expect(first).toMatch(/^Ncx: \S/);
    expect(first?.length).toBeLessThan(250);
    for (const hint of hints) expect(hint).toMatch(/^Ncx: hint: /);
    expect(hints.length).toBeLessThan(2);
  });
});

test.each([
  ["ncat", 2],
  ["openbsd", 1],
])("--compat %s: -k without -l is refused with %i", async (who, code) => {
  const ended = await runInMemory(["--compat", who, "-k", "127.0.0.1", "1"]);
  expect(ended.stderr).toMatch(/Cannot use --keep-open: it is for listening\n/);
  expect(ended.code).toBe(code);
});

describe("not yet there: one line, with 2", () => {
  test.each(["-D 1080", "-R 80:a:80"])("%s", async (flag) => {
    const { code, stderr } = await runInMemory([...flag.split(" "), "host", "80"]);
    expect(stderr).toMatch(/^Ncx: Cannot use -\S+: not yet there\n$/);
    expect(code).toBe(2);
  });
});

describe("not possible with Node: one line with the reason, with 2", () => {
  test.each([
    ["-F", /sendmsg/],
    ["-S", /TCP segments/],
    ["-Z", /DCCP/],
    ["-g 10.0.0.1", /source routing/],
    ["--sctp", /SCTP/],
    ["--vsock", /vsock/],
    ["--min-ttl 3", /hop limit/],
    ["--compat=openbsd -V 1", /routing table/],
    ["--compat=openbsd -m 3", /hop limit/],
    ["--compat=traditional -G 4", /source routing/],
  ])("%s", async (flag, reason) => {
    const { code, stderr } = await runInMemory([...flag.split(" "), "host", "80"]);
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(/^\S*:? ?Cannot use -\S+: .+\n$/);
    expect(code).toBe(2);
  });
});

test.runIf(process.platform !== "win32").each([
  ["a host", '"$BAD" 80'],
  ["a port", 'localhost "$BAD"'],
  ["a path", '-U "/tmp/$BAD"'],
  ["a place to listen", '-lU "/tmp/$BAD"'],
  ["a source", '-s "$BAD" localhost 80'],
  ["an option", '"--$BAD" localhost 80'],
])("%s that is not UTF-8 is refused, with 2", async (_, words) => {
  const { code, stderr } = await run(["-c", `BAD="$(printf '\\377')"; "$NODE" "$NCX" ${words}`], {
    program: "sh",
    env: { NODE: process.execPath, NCX: CLI },
  });
  expect(stderr).toMatch(/^Ncx: [^\n]*\ufffd[^\n]*\n/);
  expect(stderr).not.toMatch(/ {4}at /);
  expect(code).toBe(2);
});

test("ncx http with a host that nobody knows ends as curl does, with 6", async () => {
  const { code, stderr } = await run(["http", "http://no-such-host.invalid/"]);
  expect(stderr).toBe("ncx: (6) Could not resolve host: no-such-host.invalid\n");
  expect(code).toBe(6);
});

test("a peer that resets before it has said a word: the message, with 1", async () => {
  await using peer = await tcpPeer();
  await using client = start(["-v", "127.0.0.1", String(peer.port)]);
  await client.said(/Connected/);
  (await peer.next()).resetAndDestroy();
  const { code, stderr } = await client.ended;
  expect(stderr).toMatch(/Ncx: Connection reset by peer\n$/);
  expect(code).toBe(1);
});

import { describe, expect, test } from "vitest";
import { canonical, classic } from "../../../src/cli/classic.ts";
import { PERSONALITIES } from "../../../src/cli/personality.ts";
import type { PersonalityName } from "../../../src/cli/args.ts";

/** `listen --keep-open 8080`: the mode, the options, the operands. */
function read(line: string, name: PersonalityName = "ncx", words = true): string {
  const argv = line === "" ? [] : line.split(" ");
  const { mode, tokens } = classic(argv, PERSONALITIES[name], { words });
  return [mode, ...canonical(tokens).filter((word) => word !== "--")].join(" ");
}

describe("modes", () => {
  test.each([
    ["", "connect"],
    ["help", "connect --help"],
    ["help relay", "relay --help"],
    ["help 80", "connect help 80"],
    ["host 80", "connect host 80"],
    ["-l 8080", "listen 8080"],
    ["8080 -l", "listen 8080"],
    ["--listen 8080", "listen 8080"],
    ["listen 8080", "listen 8080"],
    ["listen -l 8080", "listen 8080"],
    ["connect host 80", "connect host 80"],
    ["relay 8080 host:80", "relay 8080 host:80"],
    ["-L 8080:host:80", "relay --local-forward=8080:host:80"],
    ["http GET url", "http GET url"],
    ["-v http url", "http --verbose url"],
    ["completion bash", "completion bash"],
    ["-l http", "listen http"],
    ["host http", "connect host http"],
    ["-- relay 80", "connect relay 80"],
    ["connect relay 80", "connect relay 80"],
  ])("%s → %s", (line, expected) => expect(read(line)).toBe(expected));

  test("a netcat by name has no mode words", () => {
    expect(read("http 80", "openbsd", false)).toBe("connect http 80");
  });
});

describe("getopt's forms", () => {
  test.each([
    ["-lvnp 8080", "listen --verbose --numeric --port=8080"],
    ["-lp8080", "listen --port=8080"],
    ["-w3 host 80", "connect --wait=3 host 80"],
    ["-w 3 host 80", "connect --wait=3 host 80"],
    [
      "-Xconnect -x10.0.0.1:8080 host 22",
      "connect --proxy-type=connect --proxy=10.0.0.1:8080 host 22",
    ],
    [
      "-X connect -x 10.0.0.1:8080 host 22",
      "connect --proxy-type=connect --proxy=10.0.0.1:8080 host 22",
    ],
    ["-q -1 host 80", "connect --quit-after=-1 host 80"],
    ["-q-1 host 80", "connect --quit-after=-1 host 80"],
    ["-zv host 20-30 443 http", "connect --zero --verbose host 20-30 443 http"],
    ["-46 host 80", "connect --ipv4 --ipv6 host 80"],
    ["-p- host", "connect --port=- host"],
    ["-vv host 80", "connect --verbose --verbose host 80"],
    ["host 80 -w 3", "connect --wait=3 host 80"],
    ["host -w 3 80", "connect --wait=3 host 80"],
    ["-lk -s ::1 -p 80", "listen --keep-open --source=::1 --port=80"],
    ["--wait=3 host 80", "connect --wait=3 host 80"],
    ["--wait 3 host 80", "connect --wait=3 host 80"],
    ["--wait=a=b host 80", "connect --wait=a=b host 80"],
    ["--wait= host 80", "connect --wait= host 80"],
    ["host 80 -p", "connect --port host 80"],
    ["-C host 80", "connect --eol=crlf host 80"],
    ["--crlf host 80", "connect --eol=crlf host 80"],
    ["--nodns --unixsock x", "connect --numeric --unix x"],
    ["--no-exit-on-close host 80", "connect --half-open host 80"],
    ["--no-shutdown host 80", "connect --no-shutdown host 80"],
    ["--no-verbose host 80", "connect --no-verbose host 80"],
    ["- -", "connect - -"],
    ["host -1", "connect host -1"],
    ["host -- -w 3", "connect host -w 3"],
    ["-vY host", "connect --verbose -Y host"],
    ["--lsiten 80", "connect --lsiten 80"],
  ])("%s → %s", (line, expected) => expect(read(line)).toBe(expected));

  test("what follows -- is an operand, whatever it looks like", () => {
    const { tokens } = classic(["-v", "--", "-w", "--", "-"], PERSONALITIES.ncx);
    expect(tokens.slice(1)).toEqual(["-w", "--", "-"].map((text) => ({ kind: "operand", text })));
    expect(canonical(tokens)).toEqual(["--verbose", "--", "-w", "--", "-"]);
  });

  test("-- separates the rules of a relay and ends no options", () => {
    expect(read("relay 8080 a:80 -- 8443 b:443 -v")).toBe("relay --verbose 8080 a:80 8443 b:443");
  });

  test("a token remembers how it was typed", () => {
    const { tokens } = classic(["-vw3", "--nodns"], PERSONALITIES.ncx);
    expect(tokens.map((token) => (token.kind === "option" ? token.spelling : ""))).toEqual([
      "-v",
      "-w",
      "--nodns",
    ]);
  });
});

describe("letters belong to their mode", () => {
  test.each([
    ["http -d data url", "http --data=data url"],
    ["http -kLsSif url", "http --insecure --location --silent --show-error --include --fail url"],
    [
      "http -XPOST -HA:b -o f -m 5 url",
      "http --request=POST --header=A:b --output=f --max-time=5 url",
    ],
    ["http --json {} url", "http --json={} url"],
    ["relay -m 5 -w 2 1 a:2", "relay --max-conns=5 --wait=2 1 a:2"],
    ["relay -k 1 a:2", "relay -k 1 a:2"],
  ])("%s → %s", (line, expected) => expect(read(line)).toBe(expected));
});

describe("letters belong to their personality", () => {
  test.each<[PersonalityName, string, string]>([
    [
      "ncx",
      "-d -i 2 -x p:1 -o f a 1",
      "connect --no-stdin --line-delay=2 --proxy=p:1 --output=f a 1",
    ],
    [
      "ncat",
      "-d 2 -i 3 -x f -o g a 1",
      "connect --delay=2 --idle-timeout=3 --hex-dump=f --output=g a 1",
    ],
    [
      "openbsd",
      "-d -i 2 -x p:1 -m 5 -D a 1",
      "connect --no-stdin --line-delay=2 --proxy=p:1 --min-ttl=5 --socket-debug a 1",
    ],
    ["traditional", "-k -o f -i 2 a 1", "connect --keepalive --hex-dump=f --line-delay=2 a 1"],
    ["ncx", "-G 3 a 1", "connect --connect-timeout=3 a 1"],
    ["ncat", "-G 3 a 1", "connect --source-route-pointer=3 a 1"],
    ["traditional", "-G 3 a 1", "connect --source-route-pointer=3 a 1"],
    ["openbsd", "-G a 1", "connect -G a 1"],
    ["openbsd", "-V 3 a 1", "connect --routing-table=3 a 1"],
    ["ncx", "-V", "connect --version"],
    ["ncat", "-V", "connect -V"],
    ["traditional", "-U a", "connect -U a"],
    ["openbsd", "--idle-timeout 3 a 1", "connect --idle-timeout=3 a 1"],
    ["ncat", "-lp 80", "listen --port=80"],
  ])("%s: %s → %s", (name, line, expected) => expect(read(line, name)).toBe(expected));
});

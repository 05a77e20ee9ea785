import { describe, expect, test } from "vitest";
import { canonical, classic } from "../../../src/cli/classic.ts";
import { exitCodeOf } from "../../../src/cli/exit.ts";
import { classicOptionNamed, takesValue } from "../../../src/cli/options/index.ts";
import { parse } from "../../../src/cli/parser.ts";
import { PERSONALITIES } from "../../../src/cli/personality.ts";
import { NcxError } from "../../../src/core/errors.ts";

function read(line: string, name: keyof typeof PERSONALITIES): string {
  const { mode, tokens } = classic(line.split(" "), PERSONALITIES[name]);
  return [mode, ...canonical(tokens).filter((word) => word !== "--")].join(" ");
}

describe("a long name under --compat ncat", () => {
  test.each([
    ["--telnet host 23", "connect --telnet-refuse host 23"],
    ["--delay 5 host 80", "connect --delay=5 host 80"],
    ["--exec=/bin/cat host 80", "connect --exec=/bin/cat host 80"],
    ["--ssl-ver host 443", "connect --tls-verify host 443"],
    ["--ssl host 443", "connect --tls host 443"],
    ["--ssl-t ca.pem host 443", "connect --tls-ca=ca.pem host 443"],
    ["--idle=5 host 80", "connect --idle-timeout=5 host 80"],
    ["--lis --keep 80", "listen --keep-open 80"],
    ["--ap -o f host 80", "connect --append-output --output=f host 80"],
    ["--talk -l 80", "listen --chat 80"],
    ["--json host 80", "connect --json host 80"],
    ["--public -l 80", "listen --public 80"],
    ["--4 --G 8 host", "connect --ipv4 --source-route-pointer=8 host"],
    // Two or more begin so.
    ["--sour a host 80", "connect --sour a host 80"],
    ["--ssl-c f host 80", "connect --ssl-c f host 80"],
    ["--s host 80", "connect --s host 80"],
    ["--zz host 80", "connect --zz host 80"],
    ["--=x host 80", "connect -- host 80".replace("-- ", "")],
  ])("%s → %s", (line, expected) => expect(read(line, "ncat")).toBe(expected));

  test.each(["ncx", "openbsd", "traditional"] as const)("%s has no short cuts", async (name) => {
    await expect(parse(["--compat", name, "--idle", "5", "host", "80"], caller)).rejects.toThrow(
      'unknown option "--idle"',
    );
  });

  test("another mode keeps its own names", () => {
    expect(read("relay --proxy p 80 a:1", "ncat")).toBe("relay --proxy=p 80 a:1");
  });

  // `ncat --help` of 7.93: which of its names take a value.
  test("takes a value where ncat's does", () => {
    const flags =
      "unixsock vsock crlf help listen append-output keep-open recv-only send-only no-shutdown " +
      "broker chat talk telnet udp sctp version verbose nodns ssl ssl-verify 4 6";
    const longs = Object.entries(PERSONALITIES.ncat.longs ?? {});
    const bare = longs.filter(([, name]) => {
      const row = classicOptionNamed(name);
      expect(row, name).toBeDefined();
      return row && !takesValue(row);
    });
    expect(bare.map(([long]) => long).toSorted()).toEqual(flags.split(" ").toSorted());
  });
});

const caller = { name: "ncx", env: {} };

describe("ncx doctor", () => {
  test.each([
    [["doctor", "nc", "-l"], { operands: ["nc", "-l"] }],
    [["doctor", "--json", "nc -l"], { operands: ["nc -l"], jsonEvents: true }],
    [["doctor", "--json", "--", "--json"], { operands: ["--json"], jsonEvents: true }],
    [["doctor", "--help"], { operands: [], help: true }],
    [["doctor", "--help", "x"], { operands: ["--help", "x"] }],
    [["help", "doctor"], { operands: [], help: true }],
    [["doctor", "nc", "--compat", "ncat"], { operands: ["nc", "--compat", "ncat"] }],
  ])("%j", async (argv, expected) => {
    expect(await parse(argv, caller)).toEqual({
      mode: "doctor",
      personality: "ncx",
      verbose: 0,
      ...expected,
    });
  });

  test("nc asks the host called doctor", async () => {
    expect(await parse(["doctor", "80"], { name: "nc", env: {} })).toMatchObject({
      mode: "connect",
      operands: ["doctor", "80"],
    });
  });
});

test("an option that cannot be is 2, whoever we are", () => {
  const refused = new NcxError("UNSUPPORTED", "Cannot use -S: Node cannot sign TCP segments");
  const usage = new NcxError("USAGE", "Cannot connect: the host is missing");
  for (const personality of Object.values(PERSONALITIES)) {
    expect(exitCodeOf(refused, personality)).toBe(2);
    expect(exitCodeOf(usage, personality)).toBe(personality.exit.usage);
  }
});

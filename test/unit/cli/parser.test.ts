import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import type { Args } from "../../../src/cli/args.ts";
import { parse } from "../../../src/cli/parser.ts";
import { nearest } from "../../../src/cli/suggest.ts";
import { NcxError } from "../../../src/core/errors.ts";

function read(line: string, name = "ncx", env: Record<string, string> = {}): Promise<Args> {
  return parse(line === "" ? [] : line.split(" "), { name, env });
}

async function failure(
  line: string,
  name = "ncx",
  env: Record<string, string> = {},
): Promise<NcxError> {
  const error: unknown = await read(line, name, env).catch((caught: unknown) => caught);
  if (error instanceof NcxError) return error;
  throw new Error(`"${line}" gave ${JSON.stringify(error)}`);
}

const connect = { mode: "connect", personality: "ncx", verbose: 0 } as const;
const host80 = { ...connect, operands: ["host", "80"] };
const listen = { mode: "listen", listen: true, personality: "ncx", verbose: 0 } as const;

describe("parse()", () => {
  test.each<[string, Args]>([
    ["host 80", host80],
    ["-l 8080", { ...listen, operands: ["8080"] }],
    ["-lvvkp8080", { ...listen, operands: [], verbose: 2, keepOpen: true, port: "8080" }],
    ["-w 1.5 -q -1 host 80", { ...host80, wait: 1500, quitAfter: Infinity }],
    [
      "--idle-timeout 2m --timeout=1h host 80",
      { ...host80, idleTimeout: 120_000, timeout: 3_600_000 },
    ],
    ["-C host 80", { ...host80, eol: "crlf" }],
    ["-C --eol lf host 80", { ...host80, eol: "lf" }],
    ["--eol lf -C host 80", { ...host80, eol: "crlf" }],
    ["-w 1 -w 2 host 80", { ...host80, wait: 2000 }],
    [
      "-udN -I 64k -M 5 -T ef host 80",
      { ...host80, udp: true, noStdin: true, shutdown: true, recvBuffer: 65536, ttl: 5, tos: "ef" },
    ],
    [
      "--json -o f --append-output host 80",
      { ...host80, jsonEvents: true, output: "f", appendOutput: true },
    ],
    ["--udp=true --unix=false host 80", { ...host80, udp: true }],
    ["--udp --udp=false host 80", host80],
    ["--crlf=true host 80", { ...host80, eol: "crlf" }],
    ["--help", { ...connect, operands: [], help: true }],
    ["relay -h", { ...connect, mode: "relay", operands: [], help: true }],
    [
      "-L 1:a:2 -L 3:b:4",
      { ...connect, mode: "relay", operands: [], localForward: ["1:a:2", "3:b:4"] },
    ],
    [
      "http POST url -d a -d b -HX:1 --json {} --json-output -m .5 --compressed",
      {
        mode: "http",
        personality: "ncx",
        verbose: 0,
        operands: ["POST", "url"],
        data: ["a", "b"],
        header: ["X:1"],
        jsonBody: ["{}"],
        jsonEvents: true,
        maxTime: 500,
      },
    ],
    [
      "--compat ncat -d 1 -lp 80",
      { ...listen, personality: "ncat", operands: [], delay: 1000, port: "80" },
    ],
  ])("%s", async (line, expected) => expect(await read(line)).toEqual(expected));

  test("a value may be empty, have spaces, quotes, newlines or an equals sign", async () => {
    const values = ["", "a b", '"q"', "'q'", "x\ny", "k=v", "-z", "--", "__proto__"];
    const argv = ["http", ...values.flatMap((value) => ["-d", value]), "url"];
    expect((await parse(argv, { name: "ncx", env: {} })).data).toEqual(values);
  });
});

describe("who to be", () => {
  test.each<[string, string, Record<string, string>, string]>([
    ["host 80", "ncx", {}, "ncx"],
    ["host 80", "nc", {}, "openbsd"],
    ["host 80", "ncat", {}, "ncat"],
    ["host 80", "ncx", { NCX_COMPAT: "traditional" }, "traditional"],
    ["host 80", "nc", { NCX_COMPAT: "traditional" }, "openbsd"],
    ["--compat=ncx host 80", "nc", { NCX_COMPAT: "traditional" }, "ncx"],
    ["--compat ncat host 80 --compat openbsd", "ncx", {}, "openbsd"],
  ])("%s called %s with %o: %s", async (line, name, env, expected) => {
    expect((await read(line, name, env)).personality).toBe(expected);
  });

  test("nc asks the host called relay, ncx relays", async () => {
    expect(await read("relay 80", "nc")).toMatchObject({
      mode: "connect",
      operands: ["relay", "80"],
    });
    expect(await read("relay 80 a:1")).toMatchObject({ mode: "relay", operands: ["80", "a:1"] });
  });

  test("an option without effect is a warning", async () => {
    expect((await read("-DD host 80", "nc")).warnings).toEqual([
      "Ignored -D: Node cannot set SO_DEBUG",
    ]);
  });
});

describe("what is wrong is said in one line, with a hint", () => {
  test.each([
    ["--lsiten 80", 'unknown option "--lsiten"', "did you mean --listen?"],
    ["--keep-opne -l 80", 'unknown option "--keep-opne"', "did you mean --keep-open?"],
    ["http --loaction url", 'unknown option "--loaction"', "did you mean --location?"],
    ["--max-time 5 host 80", 'unknown option "--max-time"', "--max-time is an option of ncx http"],
    ["relay -z 1 a:2", 'unknown option "-z"', "-z is an option of ncx connect"],
    [
      "relay --tls 8443 h:80",
      'unknown option "--tls"',
      "write it into the address: tls:8443, tls:host:443",
    ],
    ["relay --hex 1 a:2", 'unknown option "--hex"', "--hex is an option of ncx connect, listen"],
    ["--verb host 80", 'unknown option "--verb"', "did you mean --verbose?"],
    ["--vers host 80", 'unknown option "--vers"', "did you mean --version?"],
    ["--compat ncat -V", 'unknown option "-V"', "did you mean --version?"],
    ["-Y host 80", 'unknown option "-Y"', "ncx --help lists the options"],
    ["--no-udp host 80", 'unknown option "--no-udp"', "ncx --help lists the options"],
    ["--__proto__ host", 'unknown option "--__proto__"', "ncx --help lists the options"],
    [
      "--zero -l 80",
      "Cannot use --zero in listen mode: it has no meaning there",
      "--zero is an option of ncx connect",
    ],
    ["-p", "Cannot use -p: it needs a value", "use -p PORT"],
    ["--wait", "Cannot use --wait: it needs a value", "use --wait TIME"],
    ["--udp=maybe host 80", 'Cannot use --udp "maybe": it takes no value', "use --udp alone"],
    ["--verbose=2 host 80", 'Cannot use --verbose "2": it takes no value', "use --verbose alone"],
    [
      "-w x host 80",
      'Cannot parse time "x": not a duration',
      "for -w use 10, 1.5s, 500ms, 2m or 1h",
    ],
    ["-lm -1 80", 'Cannot parse number "-1": out of range', "-m takes 0 or more"],
    [
      "--compat busybox host 80",
      'Cannot use --compat "busybox": not one of its values',
      "use ncx, ncat, openbsd, traditional",
    ],
    ["-d 5 host 80", 'Cannot use -d "5": -d takes no value', "did you mean --delay 5?"],
    ["host 80 -d 500ms", 'Cannot use -d "500ms": -d takes no value', "did you mean --delay 500ms?"],
    ["-d 5", 'Cannot use -d "5": -d takes no value', "did you mean --delay 5?"],
    ["-d5 host 80", 'unknown option "-5"', "did you mean --delay 5?"],
  ])("%s", async (line, message, hint) => {
    const error = await failure(line);
    expect([error.code, error.message, error.hint]).toEqual(["USAGE", message, hint]);
  });

  test("a bad NCX_COMPAT", async () => {
    expect((await failure("host 80", "ncx", { NCX_COMPAT: "gnu" })).message).toContain(
      'NCX_COMPAT "gnu"',
    );
  });

  test.each([
    "-ld 8080",
    "-l -d 8080",
    "host -d 80",
    "-l host -d 80",
    "-zd 5 80",
    "-Ud 5",
    "--no-stdin 5 80",
  ])("%s is no misread delay", async (line) => expect((await read(line)).noStdin).toBe(true));
});

describe("what is not there says so", () => {
  test.each(["--script f", "-R 1:a:2", "-D 1080"])("%s: not yet there", async (option) => {
    const error = await failure(`${option} host 80`);
    const spelling = /^(--[a-z-]+|-.)/.exec(option)?.[0];
    expect([error.code, error.message]).toEqual([
      "UNSUPPORTED",
      `Cannot use ${spelling}: not yet there`,
    ]);
  });

  test.each([
    ["ncx", "-F"],
    ["ncx", "-S"],
    ["ncx", "-Z"],
    ["ncx", "-g a"],
    ["ncx", "--sctp"],
    ["ncx", "--vsock"],
    ["ncx", "--min-ttl 5"],
    ["nc", "-m 5"],
    ["nc", "-V 1"],
    ["ncat", "-G 4"],
    ["ncat", "-g a"],
  ])("%s %s: refused with the reason", async (name, option) => {
    const error = await failure(`${option} host 80`, name);
    expect(error.code).toBe("UNSUPPORTED");
    expect(error.message).toMatch(
      new RegExp(`^Cannot use ${option.split(" ")[0]}: Node (has no|cannot) `),
    );
  });
});

test.each([
  ["lsiten", "listen"],
  ["hexdump", "hex-dump"],
  ["connect", "connect-timeout"],
  ["zzzzzz", undefined],
  ["", undefined],
])("nearest(%s) is %s", (word, expected) => {
  expect(nearest(word, ["listen", "hex-dump", "connect-timeout"])).toBe(expected);
});

test("an ordinary line loads nothing but the fast parser", () => {
  const root = new URL("../../../src/", import.meta.url);
  const files = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    // Types are erased; what import() names is loaded later, if at all.
    const imports = readFileSync(new URL(file, root), "utf8").matchAll(
      /^(?:import|export) (?!type)[^;]*?from "([^"]+)"/gm,
    );
    for (const [, from = ""] of imports) {
      visit(from.startsWith(".") ? posix.join(posix.dirname(file), from) : `not ours: ${from}`);
    }
  };
  const isTable = (file: string): boolean => file.startsWith("cli/options/");
  visit("cli/parser.ts");
  const cli = ["classic", "coerce", "parsed", "parser", "personality", "stray-delay", "usage"].map(
    (name) => `cli/${name}.ts`,
  );
  const [table, others] = [[...files].filter(isTable), [...files].filter((file) => !isTable(file))];
  expect(table).toContain("cli/options/index.ts");
  expect(others.toSorted()).toEqual([...cli, "core/errors.ts", "core/units.ts"]);
});

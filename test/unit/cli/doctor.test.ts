import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { explain as explainAll, type Explanation } from "../../../src/cli/doctor/explain.ts";
import { printExplanation } from "../../../src/cli/doctor/print.ts";
import { meaningOf, PROGRAMS, rowOf, valueOf } from "../../../src/cli/doctor/programs.ts";
import { readAs } from "../../../src/cli/doctor/reading.ts";
import { shellQuote, splitShell } from "../../../src/cli/doctor/shell-words.ts";
import { optionLettered, takesValue } from "../../../src/cli/options/index.ts";
import { parse } from "../../../src/cli/parser.ts";
import { isPersonality, PERSONALITIES } from "../../../src/cli/personality.ts";
import { NcxError } from "../../../src/core/errors.ts";

/** The first netcat of a line. */
function explain(given: readonly string[]): Explanation {
  const [first] = explainAll(given);
  if (!first) throw new Error("nothing was explained");
  return first;
}

describe("the line in ncx", () => {
  test.each([
    ["nc.traditional -l -p 8080 -e /bin/sh", "ncx -l 8080 -e /bin/sh"],
    ["nc -lvp 8080 -e /bin/sh", "ncx -lv 8080 -e /bin/sh"],
    ["nc -l 8080", "ncx -l 8080"],
    ["nc -l 127.0.0.1 8080", "ncx -l 127.0.0.1 8080"],
    ["nc -l -s 127.0.0.1 -p 8080", "ncx -l 127.0.0.1 8080"],
    ["nc -lk -p 8080 -vv", "ncx -lkvv 8080"],
    ["nc.traditional -l -p 8080 10.0.0.1", "ncx -l 8080 --allow 10.0.0.1"],
    ["nc.traditional -l 8080", "ncx -l 0 --allow 8080"],
    ["ncat -l", "ncx -l 31337"],
    ["ncat host", "ncx host 31337"],
    ["ncat -i 5 host 80", "ncx --idle-timeout 5 host 80"],
    ["ncat -d 500ms host 80", "ncx --delay 500ms host 80"],
    ["ncat -x f -o g host 80", "ncx --hex-dump f -o g host 80"],
    ["ncat --telnet --nodns host 23", "ncx -tn host 23"],
    ["ncat --source-port 81 -s 10.0.0.1 host 80", "ncx -p 81 -s 10.0.0.1 host 80"],
    ["ncat --ssl-verify host 443", "ncx --tls host 443"],
    ["ncat --ssl-ver --ssl-trust=ca.pem host 443", "ncx --tls-ca ca.pem --tls host 443"],
    ["ncat --proxy p:3128 host 80", "ncx -x http://p:3128 host 80"],
    ["ncat --proxy p --proxy-type socks4 host 80", "ncx -x socks4://p host 80"],
    ["ncat -l 3128 --proxy-type http", "ncx -l 3128 --proxy-type http"],
    ["ncat -l 80 -c 'echo hi; date'", "ncx -l 80 -c 'echo hi; date'"],
    ["ncat -w 3 host 80", "ncx -w 3 host 80"],
    ["ncat -l -w 3 80", "ncx -l 80"],
    ["ncat --listen --chat 80", "ncx -l 80 --chat"],
    ["ncat --vsock -g 10.0.0.1 host 80", "ncx host 80"],
    ["ncat --version", "ncx --version"],
    ["nc -N host 80", "ncx host 80"],
    ["nc -w 5 host 80", "ncx -w 5 --idle-timeout 5 host 80"],
    ["nc -w 3 -zv host 80", "ncx -zv -w 3 host 80"],
    ["nc -w0 host 80", "ncx -q 0 host 80"],
    ["nc -l -w 5 80", "ncx -l 80 --idle-timeout 5"],
    ["nc -q -1 host 80", "ncx -q -1 host 80"],
    ["nc -x10.2.3.4:8080 -Xconnect -Pme host 42", "ncx -P me -x http://10.2.3.4:8080 host 42"],
    ["nc -x p:1 host 22", "ncx -x socks5://p:1 host 22"],
    ["nc -X4 -xp:1 host 22", "ncx -x socks4://p:1 host 22"],
    ["nc -zv host 20-30 http", "ncx -zv host 20-30 http"],
    ["nc -S -F -Z -V 1 -m 3 -D host 80", "ncx host 80"],
    ["nc -lU /tmp/a.sock", "ncx -lU /tmp/a.sock"],
    ["nc http 80", "ncx connect http 80"],
    ["ncx relay 80 host:80", "ncx relay 80 host:80"],
    ["nc host 80 -- -x", "ncx -- host 80 -x"],
    ["busybox nc -ll -p 80 -e cat -A", "ncx -l 80 -k -e 'cat -A'"],
    ["busybox nc -f /dev/ttyS0", "ncx"],
    ["nc.gnu -c -x -T host 80", "ncx -t --hex -q 0 host 80"],
    ["nc.gnu --close --local-port=8 host 80", "ncx -p 8 -q 0 host 80"],
    ["nc -G 5 -c host 80", "ncx -C -G 5 host 80"],
    ["nc -c -C a.pem -K b.pem -l 443", "ncx -l 443 --tls --tls-cert a.pem --tls-key b.pem"],
    ["/usr/bin/NCAT.EXE -i 5 host 80", "ncx --idle-timeout 5 host 80"],
    ["sudo A=b nc -l 80", "ncx -l 80"],
    ["echo hi | nc -N host 80 > out", "ncx host 80"],
    ["ncx -x u -d host 80", "ncx -d -x socks5://u host 80"],
    ["-lvp 8080", "ncx -lv 8080"],
    ["nc -y host 80", "ncx host 80"],
    ["nc host 80 -w", "ncx host 80"],
  ])("%s → %s", (given, expected) => expect(explain([given]).command).toBe(expected));

  test("is one that ncx reads", async () => {
    const { command } = explain(["nc.traditional -l -p 8080 -q 3 -e '/bin/sh -i'"]);
    const [, ...argv] = splitShell(command).commands[0] ?? [];
    expect(await parse(argv, { name: "ncx", env: {} })).toMatchObject({
      mode: "listen",
      operands: ["8080"],
      quitAfter: 3000,
      exec: "/bin/sh -i",
    });
  });

  test("words that come apart already are not split again", () => {
    expect(explain(["nc", "-e", "a b", "host", "80"]).command).toBe("ncx host 80 -e 'a b'");
  });
});

describe("the netcats in a line", () => {
  test.each<[string, ...string[]]>([
    [
      'ssh -o ProxyCommand="nc -X connect -x proxy:3128 %h %p" host',
      "ncx -x http://proxy:3128 %h %p",
    ],
    ["ssh '-oProxyCommand nc -x p:1 %h %p' host", "ncx -x socks5://p:1 %h %p"],
    ["ProxyCommand nc -x p:1 %h %p", "ncx -x socks5://p:1 %h %p"],
    ["while true; do nc -l 80 < index.html; done", "ncx -l 80"],
    ["until nc -z db 5432; do sleep 1; done", "ncx -z db 5432"],
    ["while ! nc -z db 5432; do sleep 1; done", "ncx -z db 5432"],
    ["if nc -z db 5432; then echo up; fi", "ncx -z db 5432"],
    ["timeout 5 nc -zv host 22", "ncx -zv host 22"],
    ["watch nc -zv host 22", "ncx -zv host 22"],
    ["watch 'nc -zv host 22'", "ncx -zv host 22"],
    ['bash -c "nc -l 80"', "ncx -l 80"],
    ["bash -c \"sh -c 'nc -l 80'\"", "ncx -l 80"],
    ["docker exec c nc -l 80", "ncx -l 80"],
    ["docker exec c busybox nc -l -p 80", "ncx -l 80"],
    ["a=$(nc -l 80)", "ncx -l 80"],
    ['echo "$(nc -l 80)"', "ncx -l 80"],
    ["echo `nc -l 80`", "ncx -l 80"],
    ["socat - EXEC:'nc -N host 80'", "ncx host 80"],
    ["sudo nc", "ncx"],
    ["nc -l 80 | ncat host 81", "ncx -l 80", "ncx host 81"],
    ["ncat -l 80 -c 'ncat host 81'", "ncx -l 80 -c 'ncat host 81'", "ncx host 81"],
    ["nc.traditional -l -p 80 | netcat -N host 81", "ncx -l 80", "ncx host 81"],
  ])("%s", (given, ...expected) => {
    expect(explainAll([given]).map(({ command }) => command)).toEqual(expected);
  });

  test.each([
    "ls -l",
    "pwncat -l 80",
    "apt install -y ncat nmap",
    "sudo apt install ncat nmap",
    "command -v nc && true",
    "which nc ncat",
    "echo 'nc -l 80'",
    "ping nc",
    "curl -x http://joe:SECRET@p:1 http://h",
  ])("%s: there is none", (given) => {
    expect(() => explain([given])).toThrow(
      expect.objectContaining({
        code: "USAGE",
        message: "Cannot explain it: no netcat in this line",
      }),
    );
  });

  test("words that come apart are searched as well", () => {
    const found = explainAll(["ssh", "-o", "ProxyCommand=nc -N %h %p", "host"]);
    expect(found.map(({ command }) => command)).toEqual(["ncx %h %p"]);
  });
});

describe("a secret is masked", () => {
  test.each([
    ["ncat --proxy-auth joe:SECRET --proxy h:1 host 80", "-x http://h:1 host 80"],
    ["ncat --proxy-auth=joe:SECRET --proxy h:1 host 80", "-x http://h:1 host 80"],
    ["ncat --proxy-au 'joe:SE CRET' --proxy h:1 host 80", "-x http://h:1 host 80"],
    ["nc -x http://joe:SECRET@p:1 host 80", "-x http://p:1 host 80"],
    ["nc -x joe:SECRET@p:1 host 80", "-x socks5://p:1 host 80"],
    ["ncx -x socks5://joe:S/E@CRET@p:1 host 80", "-x socks5://p:1 host 80"],
  ])("%s", (given, expected) => {
    const explanation = explain([given]);
    expect(explanation.command).toBe(`NCX_PROXY_AUTH=*** ncx ${expected}`);
    expect(JSON.stringify(explanation) + printExplanation(explanation)).not.toMatch(/joe|CRET/);
  });

  test.each([
    "NCAT_PROXY_AUTH=joe:SECRET ncat --proxy h:1 host 80",
    "curl -u joe:SECRET http://joe:SECRET@h | nc -N host 80",
    "nc -N host 80 <<< joe:SECRET",
    "ncat -l 80 -c 'ncat --proxy-auth joe:SECRET --proxy h:1 host 80'",
    "ncat -l 80 -e 'curl http://joe:SECRET@h/'",
    "nc host 80 http://joe:SECRET@h/",
    "sshpass -p SECRET ssh -o 'ProxyCommand=nc %h %p' joe@host",
  ])("%s", (given) => {
    for (const each of explainAll([given]))
      expect(JSON.stringify(each) + printExplanation(each)).not.toMatch(/joe|SECRET/);
  });
});

describe("whose line it is", () => {
  test.each([
    ["nc host 80", "OpenBSD nc", "nc usually is"],
    [
      "nc -e sh host 80",
      "traditional netcat",
      "nc may be several; the first that has every flag of it",
    ],
    ["nc -y host 80", "OpenBSD nc", "nc usually is, though it has not every flag"],
    ["ncat host 80", "ncat", undefined],
    ["nc.openbsd -e sh host 80", "OpenBSD nc", undefined],
    ["busybox nc host 80", "BusyBox nc", undefined],
    ["nc -L host:80 -p 80", "GNU netcat", "nc may be several; the first that has every flag of it"],
    ["-Q", "ncat", "no program is named; for want of one that has every flag of it"],
    [
      "-x p:1 -X 5 host 80",
      "OpenBSD nc",
      "no program is named; the first that has every flag of it",
    ],
  ])("%s: %s", (given, program, why) => {
    const { program: found, why: because } = explain([given]);
    expect([found, because]).toEqual([program, why]);
  });
});

describe("what is remarked", () => {
  test.each([
    ["nc.traditional -l -p 80 -e sh", /listens on every address, ncx on loopback alone/],
    ["nc.traditional -l -p 80 -e sh", /Whoever connects has the program/],
    ["nc.traditional -l 80", /the port to listen on is -p/],
    ["nc -l 80", /add -4/],
    ["nc -lk 80", /one client at a time/],
    ["nc host 80", /half-closes the connection: --no-shutdown/],
    ["nc host 80", /--half-open/],
    ["nc -N host 80", /-N is what ncx does/],
    ["nc -u host 80", /UDP's answers/],
    ["nc -w 3 host 80", /bounds silence as well/],
    ["nc -t host 23", /telnet's negotiation/],
    ["ncat --ssl host 443", /accepts any certificate/],
    ["ncat -l -w 3 80", /nothing to bound/],
    ["ncat -x f host 80", /format of the hex dump/],
    ["nc host 80 81", /one port/],
    ["nc -S host 80", /^Left out -S: Node cannot sign TCP segments/],
    ["nc -D host 80", /^Left out -D: Node cannot set SO_DEBUG/],
    ["nc -y host 80", /^Left out -y: OpenBSD nc has no such flag/],
    ["nc host 80 -w", /^Left out -w: its value is missing/],
    ["nc.gnu -L host:80 -p 80", /^Left out -L host:80: use ncx relay PORT HOST:PORT/],
    ["nc host 80 < in | tee out # why", /^Left to the shell: < in$/],
    ["nc host 80 < in | tee out # why", /^Left to the shell: tee …$/],
    ["nc host 80 < in | tee out # why", /^Left to the shell: # why$/],
  ])("%s: %s", (given, expected) => {
    expect(explain([given]).remarks.filter((remark) => expected.test(remark))).toHaveLength(1);
  });

  test.each([
    ["ncat --ssl --ssl-verify host 443", /certificate/],
    ["nc -l -s 127.0.0.1 -p 80", /add -4/],
    ["nc -q 1 host 80", /--no-shutdown/],
    ["ncx host 80", /./],
    ["ncx -lk 80 -e cat", /every address/],
  ])("%s: not %s", (given, unexpected) => {
    expect(explain([given]).remarks.filter((remark) => unexpected.test(remark))).toEqual([]);
  });
});

describe("a flag in every program", () => {
  test("-i 5 is an idle timeout to ncat alone", () => {
    const [flag] = explain(["ncat -i 5 host 80"]).flags;
    expect(flag).toMatchObject({ spelling: "-i", value: "5", ncx: "--idle-timeout TIME" });
    expect(flag?.programs.map(({ program, does }) => [program, does?.slice(0, 12)])).toEqual([
      ["ncat", "End when not"],
      ["OpenBSD", "Wait between"],
      ["traditional", "Wait between"],
      ["BusyBox", "Wait between"],
      ["ncx", "Wait between"],
    ]);
  });

  test("-d 5 takes no value elsewhere", () => {
    const [flag] = explain(["ncat -d 5 host 80"]).flags;
    expect(flag?.programs.map(({ spelling }) => spelling)).toEqual([
      "-d TIME",
      "-d",
      undefined,
      undefined,
      "-d",
    ]);
    expect(flag?.programs[1]?.does).toMatch(/takes no value: 5 is an operand/);
  });

  test("a program beyond the five has a line of its own", () => {
    const [flag] = explain(["nc.gnu -c host 80"]).flags;
    expect(flag?.programs[0]).toEqual({
      program: "GNU",
      spelling: "-c",
      does: "Close the connection when stdin ends",
    });
    expect(flag?.programs).toHaveLength(6);
  });

  test("what ncx refuses is said with its reason", () => {
    const [flag] = explain(["nc.openbsd -F host 80"]).flags;
    expect(flag?.ncx).toBe("none: Node cannot pass a descriptor to another process by sendmsg");
  });

  test("the text fits 80 columns", () => {
    for (const { letters = {}, called } of PROGRAMS) {
      for (const letter of Object.keys(letters)) {
        const text = printExplanation(explain([`${called[0]} -${letter} 5 host 80`]));
        expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
      }
    }
  });
});

describe("the data", () => {
  test.each(PROGRAMS)("$title: each flag is an option of ncx, or told in words", (program) => {
    for (const meaning of Object.values({ ...program.letters, ...program.longs }))
      if (typeof meaning === "string") expect(rowOf(meaning), meaning).toBeDefined();
      else expect(meaning.ncx ?? meaning.instead ?? meaning.rest, meaning.does).toBeDefined();
  });

  test.each(PROGRAMS)("$title: what --compat can be is the personality itself", (program) => {
    if (program.compat === undefined) return expect(isPersonality(program.name)).toBe(false);
    const { letters, longs } = PERSONALITIES[program.compat];
    expect(program.letters).toBe(letters);
    expect(program.longs).toBe(longs);
    expect(program.habits).toBe(PERSONALITIES[program.compat]);
  });

  // `busybox nc --help` of 1.35, and GNU netcat 0.7.1's.
  test.each([
    ["busybox", "li:w:p:f:e:"],
    ["gnu", "ce:g:G:hi:lL:no:p:rs:tTuvVxw:z"],
  ])("%s has the letters and arities of %s", (name, getopt) => {
    const program = PROGRAMS.find((each) => each.name === name);
    const found = Object.entries(program?.letters ?? {})
      .filter(([letter]) => letter.length === 1)
      .map(([letter, meaning]) => `${letter}${valueOf(meaning) === undefined ? "" : ":"}`);
    expect(found.toSorted()).toEqual((getopt.match(/\w:?/g) ?? []).toSorted());
  });

  test("a letter of ncx is the table's", () => {
    const ncx = PROGRAMS.at(-1);
    if (!ncx) throw new Error("no program");
    expect(meaningOf("-w", ncx)).toBe(optionLettered("w", "connect")?.name);
    expect(meaningOf("--hex-dump", ncx)).toBe("hex-dump");
    expect(takesValue(rowOf("hex-dump") ?? { name: "", type: "flag", modes: [] })).toBe(true);
  });
});

describe("a shell's line", () => {
  test.each<[string, string[][], string[]]>([
    ["nc -l 80", [["nc", "-l", "80"]], []],
    ['nc -e \'a b\' "c \\"d\\" $X"', [["nc", "-e", "a b", 'c "d" $X']], []],
    ["nc a\\ b '' x''y", [["nc", "a b", "", "xy"]], []],
    ["nc $HOST $(cat port) 80", [["nc", "$HOST", "$(cat port)", "80"]], []],
    ["a | b && c; d & e || f", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]], []],
    ["nc h 80 <in >>out 2>&1", [["nc", "h", "80"]], ["<in", ">>out", "2>&1"]],
    ["nc h 80>out", [["nc", "h"]], ["80>out"]],
    ["nc h 8>&- # note", [["nc", "h"]], ["8>&-", "# note"]],
    ["nc \\\n -l", [["nc", "-l"]], []],
    ["nc a#b", [["nc", "a#b"]], []],
    ["  ", [], []],
  ])("%j", (line, commands, dropped) => expect(splitShell(line)).toEqual({ commands, dropped }));

  test.each(["nc 'a", 'nc "a', "nc a\\", ""])("%j cannot be explained", (line) => {
    expect(() => explain([line])).toThrow(expect.objectContaining({ code: "USAGE" }));
  });

  test("what is quoted is read as it was", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), (words) => {
        expect(splitShell(words.map(shellQuote).join(" ")).commands).toEqual([words]);
      }),
    );
  });
});

const flags = PROGRAMS.flatMap(({ letters = {}, longs = {} }) => [
  ...Object.keys(letters).map((letter) => `-${letter}`),
  ...Object.keys(longs).map((long) => `--${long}`),
]);
const word = fc.oneof(
  fc.constantFrom(...flags),
  fc.constantFrom(
    "nc",
    "ncat",
    "busybox",
    "80",
    "-",
    "--",
    "--=",
    "-ll",
    "'",
    '"',
    "$(",
    ">",
    "|",
    "constructor",
    "--constructor",
  ),
  fc.string({ unit: "binary", maxLength: 6 }),
);

test("any words are explained, or refused with an NcxError", () => {
  let explained = 0;
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), fc.boolean(), (words, joined) => {
      try {
        const explanation = explain(joined ? [words.join(" ")] : words);
        expect(printExplanation(explanation)).toMatch(
          /\nIn ncx:\n {2}(?:NCX_PROXY_AUTH=\*\*\* )?ncx/,
        );
        explained += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(NcxError);
        expect(error).toMatchObject({ code: "USAGE" });
      }
    }),
    { numRuns: 1500 },
  );
  expect(explained).toBeGreaterThan(500);
});

test("every program reads any words to the end", () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (words) => {
      for (const program of PROGRAMS) {
        const { flags: found, operands } = readAs(program, words);
        expect(found.length + operands.length).toBeLessThanOrEqual(words.join(" ").length + 8);
      }
    }),
  );
});

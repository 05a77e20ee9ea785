/** `ncx services` as a real process. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseServiceLines, type Service } from "../../src/platform/service-list.ts";
import { run } from "../helpers/run-cli.ts";

test.each<[string, RegExp]>([
  ["443", /^https +443\/tcp +well-known/m],
  [":443", /^https +443\/tcp +well-known/m],
  ["https", /^https +443\/tcp +well-known/m],
  ["443/udp", /^https +443\/udp/m],
  ["postgresql", /5432\/tcp +registered/],
  ["'20-22' ssh", /^ssh +22\/tcp/m],
  ["http*", /^https +443\/tcp/m],
  ["6666", /^ircu +6666\/tcp +registered/m],
  ["6010", /^x11 +6010\/tcp +registered +X Window System/m],
  ["22,6665-6668", /^ircu +6668\/tcp/m],
  ["22,443/tcp", /^https +443\/tcp/m],
  ["ssh --format csv", /^ssh,22,tcp,well-known,/m],
])("ncx services %s", async (line, row) => {
  const { code, stdout } = await run(["services", ...line.replaceAll("'", "").split(" ")]);
  expect(code).toBe(0);
  expect(stdout).toMatch(row);
});

test("the ranges are called what the filter is called", async () => {
  expect((await run(["services", "443"])).stdout).toMatch(/^NAME +PORT +CATEGORY /);
});

test.skipIf(process.platform === "win32")(
  "all that `less /etc/services` shows is in ncx services",
  async () => {
    const { code, stdout } = await run(["services", "--json"]);
    const found = JSON.parse(stdout) as {
      name: string;
      port: number;
      protocol: string;
      aliases: string[];
    }[];
    const known = new Set(
      found.flatMap(({ name, aliases, port, protocol }) =>
        [name, ...aliases].map((one) => `${one} ${port}/${protocol}`),
      ),
    );
    const file = parseServiceLines(readFileSync("/etc/services", "latin1"));
    const missing = file
      .flatMap(({ name, aliases, port, protocol }) =>
        [name, ...aliases].map((one) => `${one} ${port}/${protocol}`),
      )
      .filter((line) => !known.has(line));
    expect([code, missing]).toEqual([0, []]);
  },
);

test("no name is its own alias or description", async () => {
  const { stdout } = await run(["services", "--json"]);
  const own = (JSON.parse(stdout) as Service[]).filter(
    ({ name, aliases, description, source }) =>
      aliases.includes(name) || (source === "iana" && description === name),
  );
  expect(own).toEqual([]);
});

test("-t and -u keep one protocol", async () => {
  const { stdout } = await run(["services", "-u", "domain"]);
  expect(stdout).toMatch(/53\/udp/);
  expect(stdout).not.toMatch(/53\/tcp/);
});

test.each([
  ["well-known", 0, 1023],
  ["registered", 1024, 49151],
] as const)("--category %s has its ports alone, as JSON", async (category, least, most) => {
  const { code, stdout } = await run(["services", "--category", category, "--json"]);
  const ports = (JSON.parse(stdout) as { port: number; category: string }[]).map(
    ({ port }) => port,
  );
  expect(code).toBe(0);
  expect(ports.length).toBeGreaterThan(300);
  expect(ports.every((port) => port >= least && port <= most)).toBe(true);
});

test.each<[string, number, string]>([
  ["no-such-service", 1, "no service of that name"],
  ["60999", 1, "no service is known at port 60999, in the dynamic range, 49152-65535"],
  ["70000", 2, "port must be 0-65535"],
  ["80-20", 2, 'Cannot parse port "80-20": the range ends before it begins'],
  ["22,", 2, 'Cannot parse port "22,": a part of it is empty'],
  ["443/foo", 2, 'Cannot parse port "443/foo": "foo" is no protocol'],
  ["20-25-30", 2, 'Cannot parse port "20-25-30": not a port or a range'],
  ["--category odd", 2, 'Cannot use --category "odd"'],
])("ncx services %s exits with %i", async (line, code, message) => {
  const ended = await run(["services", ...line.split(" ")]);
  expect([ended.code, ended.stdout]).toEqual([code, ""]);
  expect(ended.stderr).toContain(message);
});

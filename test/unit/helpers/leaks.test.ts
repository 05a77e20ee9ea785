/** Plants what a test file must not leave behind, and expects the run to name each. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const planted = {
  server: ['net.createServer().listen(0, "127.0.0.1");', /TCPServerWrap outlives this file/],
  datagrams: ['dgram.createSocket("udp4").bind(0, "127.0.0.1");', /UDPWrap outlives this file/],
  timer: ["setInterval(() => {}, 1e6);", /Timeout outlives this file/],
  // One that this process would not wait for.
  child: [
    'spawn(process.execPath, ["-e", "setTimeout(() => {}, 10_000)"], { stdio: "ignore" }).unref();',
    process.platform === "linux" ? /child \d+ \(.+\) outlives this file/ : /^$/,
  ],
  warning: ['process.emitWarning("careful");', /warning: Warning: careful/],
  nothing: ['net.createServer().listen(0, "127.0.0.1", function () { this.close(); });', /^$/],
} as const;

let folder = "";
let messages = new Map<string, string>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ncx-leaks-"));
  await mkdir(join(folder, "test"), { recursive: true });
  await cp("test/helpers/leaks.ts", join(folder, "leaks.ts"));
  await symlink(resolve("node_modules"), join(folder, "node_modules"), "junction");
  await writeFile(
    join(folder, "vitest.config.mjs"),
    'export default { test: { setupFiles: ["leaks.ts"] } };\n',
  );
  for (const [name, [code]] of Object.entries(planted)) {
    await writeFile(join(folder, "test", `${name}.test.ts`), testFile(code));
  }
  messages = await runVitest();
}, 120_000);

afterAll(() => rm(folder, { recursive: true, maxRetries: 5 }));

test.each(Object.entries(planted))("the leak check tells of %s", (name, [, expected]) => {
  expect(messages.get(name)).toMatch(expected);
});

function testFile(code: string): string {
  return `import { spawn } from "node:child_process";
import dgram from "node:dgram";
import net from "node:net";
import { setImmediate } from "node:timers/promises";
import { test } from "vitest";
test("leaves something behind", async () => {
  ${code}
  await setImmediate();
  void [spawn, dgram, net];
});
`;
}

/** What the run says of each file. */
async function runVitest(): Promise<Map<string, string>> {
  const report = join(folder, "report.json");
  const options = ["--pool=forks", "--reporter=json", `--outputFile=${report}`];
  const command = [resolve("node_modules/vitest/vitest.mjs"), "run", ...options];
  // It fails, as it should: what counts is the report.
  await new Promise((done) => execFile(process.execPath, command, { cwd: folder }, done));
  const { testResults } = JSON.parse(await readFile(report, "utf8")) as {
    testResults: { name: string; message: string }[];
  };
  return new Map(
    testResults.map(({ name, message }) => [/(\w+)\.test\.ts$/.exec(name)?.[1] ?? "", message]),
  );
}

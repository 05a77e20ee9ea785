import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

interface File {
  name: string;
  status: string;
  message: string;
  assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
}

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ncx-sum-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("sum-reports adds the runs up and exits 0 when nothing failed", async () => {
  const first = await report("first", file("a", "passed", ["passed", "passed", "skipped"]));
  const second = await report("second", file("a", "passed", ["passed"]));
  expect(await sum("lint=0", `node20=0:${first}`, `node24=0:${second}`)).toEqual({
    code: 0,
    out: "3 passed, 0 failed\n",
  });
});

test("sum-reports names each failing test with its message before the line", async () => {
  const path = await report("failing", file("a", "failed", ["passed", "failed"]));
  const { code, out } = await sum(`node20=1:${path}`);
  expect(code).toBe(1);
  expect(out).toMatch(/^node20: a > test 1\nmessage 1\n\n1 passed, 1 failed\n$/);
});

test.each([
  ["a file that fails without a failing test", 1, file("a", "failed", ["passed"])],
  ["a file that fails before it has tests", 1, file("a", "failed", [])],
  ["a run that exits non-zero though nothing in it failed", 1, file("a", "passed", ["passed"])],
])("sum-reports counts %s as a failure", async (_what, exit, content) => {
  const path = await report("odd", content, file("b", "passed", ["passed"]));
  const { code, out } = await sum(`node20=${exit}:${path}`);
  expect(code).toBe(1);
  expect(out).toMatch(/ passed, 1 failed\n$/);
});

test("sum-reports counts a report that is missing, cut short or empty as a failure", async () => {
  const cut = join(folder, "cut.json");
  await writeFile(cut, '{"testResults":[');
  const empty = await report("empty");
  for (const path of [join(folder, "missing.json"), cut, empty]) {
    expect(await sum(`node20=0:${path}`)).toMatchObject({ code: 1 });
  }
});

test("sum-reports counts a failed step and an argument it cannot read", async () => {
  const path = await report("good", file("a", "passed", ["passed"]));
  const { code, out } = await sum("lint=2", "nonsense", `node20=0:${path}`);
  expect(code).toBe(1);
  expect(out).toMatch(/lint: exit code 2[^]*nonsense[^]*\n1 passed, 2 failed\n$/);
});

test("sum-reports fails when no test ran at all", async () => {
  expect(await sum("lint=0")).toEqual({ code: 1, out: "0 passed, 0 failed\n" });
});

function file(name: string, status: string, tests: readonly string[]): File {
  const assertionResults = tests.map((status, index) => ({
    fullName: `test ${index}`,
    status,
    failureMessages: status === "failed" ? [`message ${index}`] : [],
  }));
  return { name, status, message: "broken", assertionResults };
}

async function report(name: string, ...testResults: readonly File[]): Promise<string> {
  const path = join(folder, `${name}.json`);
  await writeFile(path, JSON.stringify({ testResults }));
  return path;
}

function sum(...args: readonly string[]): Promise<{ code: number; out: string }> {
  const command = ["scripts/sum-reports.mjs", ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, (error, out) =>
      resolve({ code: Number(error?.code ?? 0), out }),
    );
  });
}

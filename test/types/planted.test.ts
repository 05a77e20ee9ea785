/** That the types are checked at all: a wrong one, planted, must fail. In a plain vitest run it would pass. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { scratch } from "../helpers/run-cli.ts";

const root = dirname(dirname(import.meta.dirname));
const compiler = join(
  dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
  "bin",
  "tsc",
);

test.each([
  ["a right type passes", "Promise<Connection>", ""],
  ["a wrong type fails", "Promise<string>", "TS2344"],
])(
  "%s",
  async (_name, type, error) => {
    const report = await check(`
    import { expectTypeOf } from "${join(root, "node_modules/vitest/dist/index.js")}";
    import { connect, type Connection } from "${join(root, "src/index.ts")}";
    expectTypeOf(connect).returns.toEqualTypeOf<${type}>();
    export type Used = Connection;
  `);
    if (error === "") expect(report).toBe("");
    else expect(report).toContain(error);
  },
  120_000,
);

test("the front door's types are among those that are checked", async () => {
  const files = await tsc(["-p", join(root, "tsconfig.test.json"), "--listFilesOnly"]);
  expect(files).toContain(fileURLToPath(new URL("./front-door.test-d.ts", import.meta.url)));
}, 120_000);

/** What the compiler says of this source, under the options of our own tests. */
async function check(source: string): Promise<string> {
  await using folder = await scratch();
  const file = folder.path("planted.mts");
  await writeFile(file, source);
  const config = {
    extends: join(root, "tsconfig.test.json"),
    compilerOptions: {
      rootDir: "/",
      typeRoots: [join(root, "node_modules", "@types")],
      rewriteRelativeImportExtensions: false, // the planted file is not next to what it imports
      allowImportingTsExtensions: true,
    },
    files: [file],
    include: [],
  };
  await writeFile(folder.path("tsconfig.json"), JSON.stringify(config));
  return await tsc(["-p", folder.path("tsconfig.json")]);
}

function tsc(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [compiler, ...args], { maxBuffer: 1 << 26 }, (_error, stdout) =>
      resolve(stdout),
    );
  });
}

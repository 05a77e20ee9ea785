/** Plants a breach of each rule of the house in a copy of the lint's set-up, and expects every one to be reported. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findCycles } from "../../scripts/lint-cycles.mjs";

type Planted = readonly [path: string, code: string, told: RegExp];

// Each is a file of its own; what it imports need not be there.
const breaches: readonly Planted[] = [
  // Who imports whom: up, sideways, and from folders within.
  ["core/up.ts", 'export { x } from "../stream/x.ts";', /core may not import stream/],
  [
    "core/deep/er/up.ts",
    'import { x } from "../../../cli/x.ts"; export const y = x;',
    /core may not import cli/,
  ],
  ["core/star.ts", 'export * from "../platform/x.ts";', /core may not import platform/],
  ["core/side-effect.ts", 'import "../stream/x.ts";', /core may not import stream/],
  [
    "stream/lazy.ts",
    'export const x = (): Promise<unknown> => import("../transport/x.ts");',
    /stream may not import transport/,
  ],
  [
    "stream/type.ts",
    'export type { X } from "../transport/x.ts";',
    /stream may not import transport/,
  ],
  [
    "stream/filters/inline-type.ts",
    'import { type X } from "../../observe/x.ts"; export type Y = X;',
    /stream may not import observe/,
  ],
  [
    "stream/type-of.ts",
    'export type X = import("../relay/index.ts").X;',
    /stream may not import relay/,
  ],
  [
    "platform/linux/up.ts",
    'import type { X } from "../../stream/x.ts"; export type Y = X;',
    /platform may not import stream/,
  ],
  [
    "protocol/up.ts",
    'export { x } from "../transport/index.ts";',
    /protocol may not import transport/,
  ],
  [
    "protocol/http/up.ts",
    'export { x } from "../../http/index.ts";',
    /protocol may not import http/,
  ],
  [
    "observe/up.ts",
    'export { x } from "../transport/index.ts";',
    /observe may not import transport/,
  ],
  ["transport/up.ts", 'export { x } from "../listen/index.ts";', /transport may not import listen/],
  [
    "transport/observe.ts",
    'export { x } from "../observe/x.ts";',
    /transport may not import observe/,
  ],
  ["relay/sideways.ts", 'export { x } from "../listen/index.ts";', /relay may not import listen/],
  [
    "listen/handlers/sideways.ts",
    'export type { X } from "../../connect/index.ts";',
    /listen may not import connect/,
  ],
  ["http/up.ts", 'export { x } from "../cli/x.ts";', /http may not import cli/],
  ["cli/protocol.ts", 'export { x } from "../protocol/x.ts";', /cli may not import protocol/],
  ["cli/front.ts", 'export { x } from "../index.ts";', /cli may not import index\.ts/],
  [
    "index.ts",
    'export { x } from "./cli/x.ts"; export { y } from "./platform/y.ts";',
    /index\.ts may not import cli[^]*index\.ts may not import platform/,
  ],
  ["cli.ts", 'import { x } from "./relay/index.ts"; void x;', /cli\.ts may not import relay/],
  ["attic/new.ts", 'export { x } from "../core/x.ts";', /src\/attic is no room/],
  ["core/out.ts", 'export { x } from "../../test/x.ts";', /lies outside src/],
  ["core/self.ts", 'export { x } from "ncx";', /by a relative path/],
  // Doors, and what is private.
  [
    "cli/commands/inside.ts",
    'export { x } from "../../relay/relay.ts";',
    /cli enters relay by its door alone/,
  ],
  [
    "cli/commands/inside-type.ts",
    'export type { X } from "../../listen/options.ts";',
    /cli enters listen by its door alone/,
  ],
  [
    "cli/inside-lazy.ts",
    'export const x = (): Promise<unknown> => import("../transport/tcp.ts");',
    /cli enters transport by its door alone/,
  ],
  [
    "transport/private.ts",
    'export { x } from "../stream/_x.ts";',
    /stream\/_x\.ts is private to stream\//,
  ],
  [
    "stream/private.ts",
    'export { x } from "./filters/_x.ts";',
    /stream\/filters\/_x\.ts is private to stream\/filters\//,
  ],
  [
    "stream/private-lazy.ts",
    'export const x = (): Promise<unknown> => import("./filters/_x.ts");',
    /is private to/,
  ],
  // Node's modules and packages.
  [
    "core/process.ts",
    'import process from "node:process"; export const x = process.pid;',
    /node:process may be imported in/,
  ],
  [
    "relay/process-named.ts",
    'import { pid } from "node:process"; export const x = pid;',
    /node:process may be imported in/,
  ],
  [
    "relay/process-lazy.ts",
    'export const x = (): Promise<unknown> => import("node:process");',
    /node:process may be imported in/,
  ],
  [
    "relay/console.ts",
    'import { log } from "node:console"; log(1);',
    /node:console may be imported in/,
  ],
  [
    "relay/module.ts",
    'import { createRequire } from "node:module"; export const x = createRequire;',
    /node:module may be imported in/,
  ],
  [
    "relay/yargs.ts",
    'export const x = (): Promise<unknown> => import("yargs");',
    /yargs may be imported in cli/,
  ],
  [
    "relay/yargs-helpers.ts",
    'import { hideBin } from "yargs/helpers"; export const x = hideBin;',
    /yargs\/helpers may be imported in cli/,
  ],
  [
    "cli/yargs-eager.ts",
    'import yargs from "yargs"; export const x = yargs;',
    /yargs may be loaded by import\(\) only/,
  ],
  [
    "transport/pty-eager.ts",
    'import { spawn } from "node-pty"; export const x = spawn;',
    /node-pty may be loaded by import\(\) only/,
  ],
  [
    "core/net.ts",
    'import { connect } from "node:net"; export const x = connect;',
    /node:net may be imported in transport/,
  ],
  [
    "core/net-mixed.ts",
    'import { isIP, Socket } from "node:net"; export const x = [isIP, Socket];',
    /node:net may be imported in transport/,
  ],
  [
    "core/net-whole.ts",
    'import * as net from "node:net"; export const x = net.isIP;',
    /node:net may be imported in transport/,
  ],
  [
    "core/net-bare.ts",
    'import { connect } from "net"; export const x = connect;',
    /net may be imported in transport/,
  ],
  [
    "relay/deep/net-type.ts",
    'import type { Socket } from "node:net"; export type X = Socket;',
    /node:net may be imported in transport/,
  ],
  [
    "relay/net-export.ts",
    'export { connect } from "node:net";',
    /node:net may be imported in transport/,
  ],
  [
    "cli/tls.ts",
    'export const x = (): Promise<unknown> => import("node:tls");',
    /node:tls may be imported in transport/,
  ],
  [
    "stream/dgram.ts",
    'export type X = import("node:dgram").Socket;',
    /node:dgram may be imported in transport/,
  ],
  [
    "transport/child.ts",
    'import { spawn } from "node:child_process"; export const x = spawn;',
    /node:child_process may be imported in transport\/exec/,
  ],
  [
    "cli/commands/child.ts",
    'import { spawn } from "node:child_process"; export const x = spawn;',
    /node:child_process may be imported in/,
  ],
  [
    "core/unseen.ts",
    "export const x = (name: string): Promise<unknown> => import(name);",
    /import\(\) needs a literal/,
  ],
  // Globals.
  [
    "core/deep/global.ts",
    "export const x = (): number => process.pid;",
    /process may be used in cli/,
  ],
  ["relay/global-type.ts", "export const x: unknown = [process];", /process may be used in cli/],
  ["platform/linux/env.ts", 'export const x = process.env["HOME"];', /process may be used in cli/],
  [
    "relay/global-this.ts",
    "export const x = globalThis.process.pid;",
    /globalThis may not be used/,
  ],
  [
    "relay/global-this-computed.ts",
    'export const x = globalThis["process"].pid;',
    /globalThis may not be used/,
  ],
  [
    "relay/global-this-taken.ts",
    "export const { process: x } = globalThis;",
    /globalThis may not be used/,
  ],
  ["cli/global.ts", "export const x = global.process.pid;", /global may not be used/],
  ["stream/print.ts", "console.log(1);", /console may be used in cli/],
  [
    "relay/platform.ts",
    'export const x = process.platform === "win32";',
    /process\.platform may be used in platform/,
  ],
  [
    "cli/platform.ts",
    'export const x = process.platform === "win32";',
    /process\.platform may be used in platform/,
  ],
  [
    "cli/platform-imported.ts",
    'import process from "node:process"; export const x = process.platform;',
    /process\.platform may be used in platform/,
  ],
  [
    "cli/platform-named.ts",
    'import { platform } from "node:process"; export const x = platform;',
    /process\.platform may be used in platform/,
  ],
  [
    "cli/platform-taken.ts",
    "const { platform } = process; export const x = platform;",
    /process\.platform may be used in platform/,
  ],
  [
    "relay/platform-os.ts",
    'import os from "node:os"; export const x = os.platform();',
    /os\.platform may be used in platform/,
  ],
  [
    "relay/platform-os-named.ts",
    'import { platform } from "node:os"; export const x = platform();',
    /os\.platform may be used in platform/,
  ],
  ["cli/run.ts", "process.exitCode = 1;", /process\.exitCode may be used in cli\.ts only/],
  ["cli/commands/exit.ts", "process.exit(1);", /process\.exit may be used in/],
  // Promises and types.
  [
    "core/floating.ts",
    "async function f(): Promise<void> {} export function x(): void { f(); }",
    /no-floating-promises|Promises must be awaited/,
  ],
  ["core/any.ts", "export const x = (y: any): unknown => y;", /no-explicit-any|Unexpected any/],
];

const clean: readonly (readonly [path: string, code: string])[] = [
  [
    "core/a.ts",
    'import { BlockList, isIP } from "node:net"; export const x = [BlockList, isIP]; export type X = number;',
  ],
  [
    "core/b.ts",
    'import type { X } from "./a.ts"; export const process = (platform: X): X => platform;',
  ],
  ["core/c.ts", 'import { process } from "./b.ts"; export const x = process(1);'],
  ["stream/filters/_own.ts", "export const x = 1;"],
  [
    "stream/filters/a.ts",
    'export { x } from "./_own.ts"; export { x as y } from "../../core/a.ts";',
  ],
  [
    "platform/a.ts",
    'import { spawn } from "node:child_process"; export const x = process.platform; export const y = spawn;',
  ],
  ["platform/linux/_own.ts", 'import { platform } from "node:os"; export const x = platform;'],
  ["protocol/http/a.ts", 'export { x } from "../../stream/filters/a.ts";'],
  ["observe/a.ts", 'export { x } from "../protocol/http/a.ts";'],
  [
    "transport/index.ts",
    'import * as net from "node:net"; export const x = (): Promise<unknown> => import("./tls.ts"); export { net };',
  ],
  ["transport/tls.ts", 'export { x } from "../platform/a.ts"; export { connect } from "node:tls";'],
  [
    "transport/exec.ts",
    'export { spawn } from "node:child_process"; export const x = (): Promise<unknown> => import("node-pty");',
  ],
  ["relay/index.ts", 'export { x } from "./relay.ts";'],
  [
    "relay/relay.ts",
    'export { x } from "../transport/tls.ts"; export { x as y } from "../observe/a.ts";',
  ],
  [
    "cli/commands/relay.ts",
    'export { x } from "../../relay/index.ts"; export { x as y } from "../../transport/index.ts"; export { x as z } from "../../core/a.ts";',
  ],
  [
    "cli/parser.ts",
    'import type { Options } from "yargs"; console.log(process.argv); export type O = Options; export const x = (): Promise<unknown> => import("yargs");',
  ],
  ["cli/signals.ts", "export const x = (): never => process.exit(1);"],
  [
    "cli.ts",
    'import process from "node:process"; import { x } from "./cli/parser.ts"; process.exitCode = x.length;',
  ],
  [
    "index.ts",
    'export { x } from "./relay/index.ts"; export { x as y } from "./core/a.ts"; export type { Z } from "./transport/transport.ts";',
  ],
  ["transport/transport.ts", "export type Z = number;"],
];

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ncx-lint-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("lint", () => {
  let told: Map<string, string>;
  beforeAll(async () => {
    told = await lint("breaches", breaches);
  });

  test.each(breaches)("reports src/%s: %s", (path, _code, expected) => {
    expect(told.get(path)).toMatch(expected);
  });

  test("says nothing about a tree that keeps the rules", async () => {
    expect(Object.fromEntries(await lint("clean", clean))).toEqual({});
    expect(findCycles(join(folder, "clean", "src"))).toEqual([]);
  });
});

test.each([
  ["two modules", ['import "../b.ts";', 'import "./a/a.ts";']],
  ["a module and itself", ['export { x } from "./a.ts";', ""]],
  ["import()", ['export { x } from "../b.ts";', 'const x = await import("./a/a.ts");']],
  ["types alone", ['import type { X } from "../b.ts";', 'export type { X } from "./a/a.ts";']],
  ["the type of an import()", ['type X = import("../b.ts").X;', 'import { X } from "./a/a.ts";']],
])("findCycles() sees a circle of %s", async (what, [a = "", b = ""]) => {
  const root = join(folder, what);
  await plant(root, [
    ["a/a.ts", a],
    ["b.ts", b],
    ["c.ts", '/* import "./c.ts"; */ // import("./c.ts")\nimport "./b.ts";'],
  ]);
  expect(findCycles(root)).toHaveLength(1);
});

/** Lints these files as the project's src/; what was said, by file. */
async function lint(
  name: string,
  files: readonly (readonly [string, string, ...unknown[]])[],
): Promise<Map<string, string>> {
  const project = join(folder, name);
  for (const part of [".oxlintrc.json", "package.json", "tsconfig.json", "scripts"]) {
    await cp(part, join(project, part), { recursive: true });
  }
  await symlink(resolve("node_modules"), join(project, "node_modules"), "junction");
  await plant(join(project, "src"), files);
  const told = new Map<string, string>();
  for (const { filename, message, code } of await oxlint(project)) {
    const path = filename.replaceAll("\\", "/").replace(/^.*src\//, "");
    told.set(path, `${told.get(path) ?? ""}${code}: ${message}\n`);
  }
  return told;
}

async function plant(
  root: string,
  files: readonly (readonly [string, string, ...unknown[]])[],
): Promise<void> {
  for (const [path, code] of files) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${code}\n`);
  }
}

function oxlint(cwd: string): Promise<{ filename: string; message: string; code: string }[]> {
  const command = [resolve("node_modules/oxlint/bin/oxlint"), "--format=json", "src"];
  return new Promise((done, fail) => {
    execFile(process.execPath, command, { cwd, maxBuffer: 1 << 24 }, (error, out, err) => {
      try {
        done(JSON.parse(out).diagnostics);
      } catch {
        fail(new Error(`oxlint told nothing: ${out}${err}`, { cause: error }));
      }
    });
  });
}

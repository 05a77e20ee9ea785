import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import type { Args } from "../../../src/cli/args.ts";
import { joinProgram } from "../../../src/cli/commands/_listen-program.ts";
import { makeReporter } from "../../../src/cli/report.ts";
import type { World } from "../../../src/cli/world.ts";

describe("a program that is listened with", () => {
  test.each<[string, Partial<Args>, boolean]>([
    ["on every address", { public: true }, true],
    ["on 0.0.0.0", { source: "0.0.0.0" }, true],
    ["by a name", { source: "host.example" }, true],
    ["on every address, over TLS", { public: true, tls: true }, true],
    ["on loopback", {}, false],
    ["on localhost", { source: "localhost" }, false],
    ["on ::1", { source: "::1" }, false],
    ["on a unix socket", { unix: true, operands: ["/tmp/a.sock"] }, false],
    ["behind --allow", { public: true, allow: ["10.0.0.0/8"] }, false],
    ["behind --allow-file", { public: true, allowFile: ["hosts"] }, false],
    ["behind client certificates", { public: true, tls: true, tlsRequestCert: true }, false],
  ])("%s", async (_, given, warned) => {
    const args = argsOf(given);
    const stderr = new PassThrough();
    const world = worldOf(stderr);
    await joinProgram(args, world, makeReporter(args, world), {});
    const said = String(stderr.read() ?? "");
    expect(said).toMatch(warned ? /^Ncx: Warning: .*\n$/ : /^$/);
  });
});

function argsOf(given: Partial<Args>): Args {
  const unix = given.unix ? {} : { port: "0" };
  return {
    mode: "listen",
    operands: [],
    personality: "ncx",
    verbose: 0,
    shExec: "true",
    ...unix,
    ...given,
  };
}

function worldOf(stderr: PassThrough): World {
  const { signal } = new AbortController();
  return {
    name: "ncx",
    argv: [],
    env: {},
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr,
    isTTY: { stdin: false, stdout: false, stderr: false },
    columns: 80,
    stop: signal,
    abort: signal,
    unread: signal,
  };
}

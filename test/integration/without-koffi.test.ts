/** koffi is optional: without it, what needs it says so, and all else is as it was. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { CLI, scratch } from "../helpers/run-cli.ts";

const HOOK = `
import Module from "node:module";
const load = Module._load;
Module._load = function (name, ...rest) {
  if (name === "koffi") throw Object.assign(new Error("Cannot find module 'koffi'"), { code: "MODULE_NOT_FOUND" });
  return load.call(this, name, ...rest);
};`;

test.each([
  ["-u -U /tmp/a.sock", "a unix datagram socket needs"],
  ["-l -u -U /tmp/a.sock", "a unix datagram socket needs"],
  ["-u --tls 127.0.0.1 9", "DTLS needs"],
  ["-l -u --tls 127.0.0.1 0", "DTLS needs"],
])("ncx %s says that koffi is not there, and how to get it", async (line, need) => {
  await using files = await scratch();
  const hook = files.path("hook.mjs");
  await writeFile(hook, HOOK);
  const args = ["--import", pathToFileURL(hook).href, CLI, ...line.split(" ")];
  const failed = await promisify(execFile)(process.execPath, args).catch((error: unknown) => error);
  const { stderr, stdout } = failed as { stderr: string; stdout: string };
  expect(stdout).toBe("");
  expect(stderr).toContain(need);
  expect(stderr).toContain("the optional package koffi, which is not there");
  expect(stderr).toContain("hint: npm install koffi");
  expect(stderr.trim().split("\n").length).toBe(2);
});

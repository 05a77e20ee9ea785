/** Global set-up: dist/cli.cjs is there, and no older than what it is made of. Built once, before any test. */
import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

const root = dirname(dirname(import.meta.dirname));

export default function setup(): void {
  if (madeAt(join(root, "dist", "cli.cjs")) >= newest(join(root, "src"))) return;
  execFileSync(process.execPath, [join(root, "scripts", "build.mjs"), "cli"], { stdio: "inherit" });
}

function newest(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return Math.max(...files.map((file) => madeAt(join(folder, file))));
}

function madeAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

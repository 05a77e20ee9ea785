/** Without a compiler the install succeeds, leaves node-pty out, and the command it builds works. */
import { execFile } from "node:child_process";
import { access, cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);

// It installs everything afresh: slow. Elsewhere than on Linux node-pty comes compiled.
const wanted =
  Boolean(process.env["CI"] || process.env["NCX_SLOW"]) && process.platform === "linux";
const INSTALL_MS = 300_000;

test.runIf(wanted)(
  "npm ci succeeds without a compiler and leaves node-pty out",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "ncx-no-compiler-"));
    try {
      const clone = join(folder, "ncx");
      for (const part of [
        "package.json",
        "package-lock.json",
        "tsconfig.json",
        "tsconfig.build.json",
        "src",
        "scripts",
      ]) {
        await cp(part, join(clone, part), { recursive: true });
      }
      const env = {
        ...process.env,
        PATH: await pathWithoutCompiler(folder),
        CC: "false",
        CXX: "false",
        PYTHON: "false",
      };
      await run("npm", ["ci", "--prefer-offline", "--no-audit", "--no-fund"], {
        cwd: clone,
        env,
        timeout: INSTALL_MS,
      });
      await expect(access(join(clone, "node_modules", "node-pty"))).rejects.toMatchObject({
        code: "ENOENT",
      });
      const { stdout } = await run(process.execPath, ["dist/cli.cjs", "--version"], { cwd: clone });
      expect(stdout).toMatch(/\d+\.\d+\.\d+/);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
  INSTALL_MS,
);

/** A PATH with what npm needs to run, and nothing that compiles. */
async function pathWithoutCompiler(folder: string): Promise<string> {
  const bin = join(folder, "bin");
  await mkdir(bin);
  await symlink(process.execPath, join(bin, "node"));
  for (const name of ["npm", "sh", "env"]) await symlink(await find(name), join(bin, name));
  return bin;
}

async function find(name: string): Promise<string> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, name);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  throw new Error(`Cannot find ${name} in PATH`);
}

/**
 * Builds the package: `node scripts/build.mjs [cli|lib]`.
 *   dist/lib/      the library: one module in, one out, with types and maps (tsc)
 *   dist/cli.cjs   the command: CommonJS, which starts fastest, with what an ordinary line runs (esbuild)
 *   dist/*.cjs     the rest of the command, loaded when it comes to that (bundle-cli.mjs)
 */
import { execFile } from "node:child_process";
import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { bundleCli } from "./bundle-cli.mjs";

const root = dirname(import.meta.dirname);
const parts = { cli: buildCli, lib: buildLib };

const wanted = process.argv.slice(2);
try {
  for (const part of wanted.length ? wanted : Object.keys(parts)) await parts[part]();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function buildCli() {
  const files = await bundleCli();
  await mkdir(join(root, "dist"), { recursive: true });
  for (const { path, contents } of files) await replace(path, contents);
}

/** Puts the new file in place at once: a run that starts meanwhile sees the old one or the new one, whole. */
async function replace(path, contents) {
  const fresh = `${path}.${process.pid}`;
  await writeFile(fresh, contents);
  if (path.endsWith("cli.cjs")) await chmod(fresh, 0o755);
  await rename(fresh, path);
}

async function buildLib() {
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
    "bin",
    "tsc",
  );
  const fresh = join(root, "dist", `lib.${process.pid}`);
  try {
    await promisify(execFile)(process.execPath, [
      compiler,
      "-p",
      join(root, "tsconfig.build.json"),
      "--outDir",
      fresh,
    ]);
    await rm(join(root, "dist", "lib"), { recursive: true, force: true });
    await rename(fresh, join(root, "dist", "lib"));
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    process.stderr.write(error.stdout ?? "");
    throw new Error("Cannot build the library: see the compiler's report above", {
      cause: error.code,
    });
  }
}

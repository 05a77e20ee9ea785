/**
 * Uses the package as `npm pack` makes it, without the network: imports and requires it, dials tcp, unix and udp, relays,
 * makes a request, and runs its command. Tests that import src/ cannot see what the emitted files get wrong.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = dirname(import.meta.dirname);
const { version, dependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
const MUST_HAVE = `
  package.json README.md LICENSE CHANGELOG.md man/ncx.1
  dist/cli.cjs dist/lib/index.js dist/lib/index.d.ts`
  .trim()
  .split(/\s+/);
const MUST_NOT_HAVE = /^(src|test|bench|scripts)\/|\.tsbuildinfo$|\.cjs\.map$|^dist\/lib\/cli/;

const folder = await mkdtemp(join(tmpdir(), "ncx-package-"));
try {
  const { filename, files } = await pack();
  checkFiles(files.map(({ path }) => path));
  await install(join(folder, filename));
  for (const user of ["use.mjs", "use.cjs"]) {
    await cp(join(root, "scripts", "package", user), join(folder, user));
    await execute([join(folder, user)]);
  }
  await checkTypes();
  await checkCommand();
  console.log(`ncx ${version}: the package works: ${files.length} files`);
} finally {
  await rm(folder, { recursive: true });
}

async function pack() {
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ["npm"];
  const [command, ...args] = [
    ...npm,
    "pack",
    "--json",
    "--ignore-scripts",
    "--pack-destination",
    folder,
  ];
  const { stdout } = await run(command, args, { cwd: root });
  return [JSON.parse(stdout)].flat(2)[0];
}

function checkFiles(paths) {
  const missing = MUST_HAVE.filter((path) => !paths.includes(path));
  const stray = paths.filter((path) => MUST_NOT_HAVE.test(path));
  if (missing.length) throw new Error(`The package lacks ${missing.join(", ")}`);
  if (stray.length) throw new Error(`The package should not have ${stray.join(", ")}`);
}

/** Puts the package and nothing but the dependencies that it names where a user's node_modules would have them. */
async function install(archive) {
  const modules = join(folder, "node_modules");
  await mkdir(modules);
  // Relative names: a drive's letter would read as a host to some tars.
  await run("tar", ["-xzf", archive.slice(folder.length + 1)], { cwd: folder });
  await rename(join(folder, "package"), join(modules, "ncx"));
  for (const name of Object.keys(dependencies)) {
    await mkdir(dirname(join(modules, name)), { recursive: true }); // of a scope
    await symlink(join(root, "node_modules", name), join(modules, name), "junction");
  }
}

async function checkTypes() {
  await cp(join(root, "scripts", "package", "use.mts"), join(folder, "use.mts"));
  await symlink(
    join(root, "node_modules", "@types"),
    join(folder, "node_modules", "@types"),
    "junction",
  );
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const flags = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--types", "node"];
  await execute([
    compiler,
    ...flags,
    "--module",
    "nodenext",
    "--target",
    "es2023",
    "--lib",
    "es2023,esnext.disposable",
    "use.mts",
  ]);
}

async function checkCommand() {
  const command = join(folder, "node_modules", "ncx", "dist", "cli.cjs");
  const { stdout } = await execute([command, "--version"]);
  if (!stdout.includes(version))
    throw new Error(`ncx --version says "${stdout.trim()}", not ${version}`);
  await execute([command, "--help"]);
  // Where files can be run by name: the executable bit and the first line.
  if (process.platform !== "win32") await run(command, ["--version"]);
}

async function execute(args) {
  try {
    return await run(process.execPath, args, { cwd: folder, timeout: 60_000 });
  } catch (error) {
    throw new Error(`Cannot run ${args.join(" ")}:\n${error.stdout}${error.stderr}`, {
      cause: error.code,
    });
  }
}

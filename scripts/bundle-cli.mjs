/**
 * Bundles the command into a few CommonJS files: cli.cjs starts, and has what every line needs; the others are
 * required when it comes to them. A module is in one file only, so there is one NcxError class and one counter of
 * connections: a file takes what an earlier one has from there, by that file's exports.
 */
import { readFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { build } from "esbuild";

const root = dirname(import.meta.dirname);
const source = (name) => join(root, "src", name);

/** Each file with the modules that it is for. The last one takes whatever else is import()ed, and runs it when asked. */
const FILES = [
  { name: "cli", roots: [source("cli.ts")] },
  { name: "session", roots: [source("cli/commands/connect.ts"), source("cli/commands/listen.ts")] },
  { name: "http", roots: [source("cli/commands/http.ts")] },
  { name: "ports", roots: [source("cli/commands/ports.ts")] },
  { name: "scan", roots: [source("cli/commands/scan.ts")] },
  { name: "rest", lazily: true },
];

/** The files' contents and source maps, as esbuild gives them. */
export async function bundleCli() {
  const { engines } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const options = {
    absWorkingDir: root,
    bundle: true,
    // package.json says that importing has no side effects: true of the library, not of cli.ts.
    ignoreAnnotations: true,
    platform: "node",
    format: "cjs",
    target: `node${engines.node.replace(/^\D+/, "")}`,
    // yargs is only ever import()ed; node-pty and koffi are native, and may be absent.
    packages: "external",
    // import() becomes require(): no second module loader has to start for it.
    supported: { "dynamic-import": false },
    // What createRequire() is given.
    define: { "import.meta.url": "__filename" },
    // Names stay: stack traces are read.
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: "linked",
    legalComments: "none",
    logLevel: "silent",
    metafile: true,
    write: false,
  };
  const home = new Map(FILES.flatMap(({ name, roots = [] }) => roots.map((file) => [file, name])));
  const wanted = new Map(FILES.map(({ name }) => [name, new Set()]));
  // Once to learn which module lives where and what the files want of each other, once to make them.
  for (const file of FILES) {
    const { metafile } = await bundle(file, options, home, wanted);
    for (const module of modulesOf(metafile)) home.set(module, file.name);
  }
  const made = await Promise.all(FILES.map((file) => bundle(file, options, home, wanted)));
  return made.flatMap(({ outputFiles }) => outputFiles);
}

function bundle({ name, roots = [], lazily }, options, home, wanted) {
  const others = [...wanted.get(name)].filter((file) => !roots.includes(file));
  const contents = lazily
    ? exportLazily(wanted.get(name))
    : name === "cli"
      ? `import ${JSON.stringify(roots[0])};\n${exportAll(others)}`
      : exportAll([...roots, ...others]);
  return build({
    ...options,
    stdin: { contents, resolveDir: root, loader: "js" },
    outfile: `dist/${name}.cjs`,
    // Modules are strict, and esbuild doesn't say so for scripts that it writes the start of.
    banner: { js: name === "cli" ? '#!/usr/bin/env node\n"use strict";' : '"use strict";' },
    plugins: [takeFromOthers(name, home, wanted)],
  });
}

/** Takes each module that lives in another file from there, and notes that it is wanted. */
function takeFromOthers(name, home, wanted) {
  return {
    name: "take-from-others",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir, kind, namespace }) => {
        if (namespace === "elsewhere") return { path, external: true };
        const file = join(resolveDir, path);
        // What cli.cjs only import()s is for the last file, unless another is named for it.
        if (!home.has(file) && kind === "dynamic-import" && name === "cli") home.set(file, "rest");
        const owner = home.get(file) ?? name;
        if (owner === name) return undefined;
        wanted.get(owner).add(file);
        return { path: file, namespace: "elsewhere" };
      });
      onLoad({ filter: /.*/, namespace: "elsewhere" }, ({ path }) => ({
        contents: `module.exports = require("./${home.get(path)}.cjs")[${key(path)}];`,
        loader: "js",
      }));
    },
  };
}

function exportAll(files) {
  return files
    .map((file) => `export * as ${JSON.parse(key(file))} from ${JSON.stringify(file)};`)
    .join("\n");
}

/** Each module runs when it is asked for: a mode doesn't pay for the others. */
function exportLazily(files) {
  const getters = [...files].map(
    (file) => `get ${JSON.parse(key(file))}() { return require(${JSON.stringify(file)}); }`,
  );
  return `module.exports = { ${getters.join(", ")} };`;
}

/** A module's name in the exports: src/core/errors.ts is "core_errors". */
function key(file) {
  const name = relative(join(root, "src"), file).split(sep).join("/").replace(/\.ts$/, "");
  return JSON.stringify(name.replace(/\W/g, "_"));
}

function modulesOf({ inputs }) {
  return Object.keys(inputs)
    .filter((name) => name.startsWith("src/"))
    .map((name) => join(root, name));
}

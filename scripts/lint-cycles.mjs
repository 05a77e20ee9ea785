/**
 * Says which modules of src/ import each other in a circle: `node scripts/lint-cycles.mjs [folder]`.
 * Types and import() count. The linter's own rule follows neither import() nor, by default, types.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const COMMENT = /\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$/gm;
const SPECIFIER = /\b(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g;

/**
 * Every circle once, as the files along it: `["core/a.ts", "core/b.ts", "core/a.ts"]`.
 *
 * @param {string} root the folder whose modules are looked at
 * @returns {string[][]}
 */
export function findCycles(root) {
  const graph = new Map(sourcesIn(root).map((file) => [file, importsOf(file)]));
  const cycles = [];
  const done = new Set();
  for (const file of graph.keys()) visit(file, []);
  return cycles;

  function visit(file, path) {
    const at = path.indexOf(file);
    if (at >= 0)
      return void cycles.push([...path.slice(at), file].map((each) => relative(root, each)));
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  }
}

function sourcesIn(root) {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  return files.toSorted().map((name) => join(root, name));
}

function importsOf(file) {
  const code = readFileSync(file, "utf8").replaceAll(COMMENT, "");
  return [...code.matchAll(SPECIFIER)].map(([, specifier]) => resolve(dirname(file), specifier));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const cycles = findCycles(resolve(process.argv[2] ?? "src"));
  for (const cycle of cycles) console.error(`import cycle: ${cycle.join(" -> ")}`);
  process.exitCode = cycles.length ? 1 : 0;
}

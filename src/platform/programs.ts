/** Finding programs: what a name on a command line stands for, and whether it can be run. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { NcxError, quote, wrap } from "../core/errors.ts";
import { isWindows } from "./limits.ts";

/** What Windows tries where PATHEXT does not say. */
const EXTENSIONS = ".COM;.EXE;.BAT;.CMD";

/**
 * The file that a program's name stands for: as it is with a slash in it, else the first of PATH.
 *
 * @throws {NcxError} REFUSED, DENIED or ADDRESS: nothing there, not executable, a folder.
 */
export function findProgram(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const candidates = placesOf(name, env).flatMap((place) => spellings(place, env));
  let reason: NcxError | undefined;
  for (const file of candidates) {
    const wrong = whyNotRun(file);
    if (!wrong) return file;
    // That something is there and cannot be run says more than that other places have nothing.
    if (wrong.code !== "REFUSED") reason ??= wrong;
  }
  throw reason ?? notThere(name, isPath(name) ? "no such file or directory" : "it is not on PATH");
}

/**
 * Looks whether a file can be read.
 *
 * @throws {NcxError} REFUSED, DENIED or ADDRESS.
 */
export function checkReadable(path: string): void {
  const wrong = whyNot(path, constants.R_OK);
  if (wrong) throw wrong;
}

function placesOf(name: string, env: Readonly<Record<string, string | undefined>>): string[] {
  if (isPath(name)) return [name];
  const path = env["PATH"] ?? env["Path"] ?? "";
  // An empty part of PATH is the folder that we are in.
  return path.split(delimiter).map((folder) => join(folder === "" ? "." : folder, name));
}

function isPath(name: string): boolean {
  return name.includes("/") || (isWindows() && name.includes("\\"));
}

function spellings(place: string, env: Readonly<Record<string, string | undefined>>): string[] {
  if (!isWindows()) return [place];
  const endings = (env["PATHEXT"] ?? EXTENSIONS).split(";");
  return [place, ...endings.map((ending) => place + ending)];
}

function whyNotRun(file: string): NcxError | undefined {
  return whyNot(file, constants.X_OK);
}

function whyNot(path: string, mode: number): NcxError | undefined {
  try {
    if (statSync(path).isDirectory())
      return new NcxError("ADDRESS", `Cannot run ${quote(path)}: it is a directory`);
    accessSync(path, mode);
    return undefined;
  } catch (error) {
    return wrap(`run ${quote(path)}`, error);
  }
}

function notThere(name: string, state: string): NcxError {
  return new NcxError("REFUSED", `Cannot run ${quote(name)}: ${state}`);
}

/**
 * The real programs that interop tests talk to. `npm test` needs none of them: a test whose peer is missing is skipped,
 * and the run's last lines say so. In continuous integration a missing peer fails.
 */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { TestRunner, expect, test } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    /** Peers that tests of this file need and the machine lacks. */
    missingPeers?: string[];
  }
}

// Debian keeps daemons there, and only root's PATH has it.
const PLACES = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];

/**
 * `test` for tests that need these programs: `needs("nc.openbsd")("sends a file", …)`, `needs("socat").each(…)`.
 */
export function needs(...peers: readonly string[]): typeof test | typeof test.skip {
  const missing = peers.filter((peer) => findPeer(peer) === undefined);
  if (missing.length === 0) return test;
  const { meta } = TestRunner.getCurrentSuite().file;
  meta.missingPeers = [...new Set([...(meta.missingPeers ?? []), ...missing])];
  if (process.env["CI"]) failFor(missing);
  return test.skip;
}

/**
 * The path of a program that `needs` has vouched for.
 *
 * @throws {Error} when it isn't installed.
 */
export function peer(name: string): string {
  const path = findPeer(name);
  if (path === undefined) throw new Error(`${name} is not installed`);
  return path;
}

function findPeer(name: string): string | undefined {
  return PLACES.map((place) => join(place, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function failFor(missing: readonly string[]): void {
  test(`the machine has ${missing.join(", ")}`, () => {
    expect(missing, "must be installed in continuous integration").toEqual([]);
  });
}

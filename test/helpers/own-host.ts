/** A host of the test's own: a network namespace with nothing but its loopback, a firewall, and a program that listens. */
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { TestRunner, expect, test } from "vitest";
import { peer } from "./peers-installed.ts";
import { run, scratch, start, type Ended } from "./run-cli.ts";

export interface OwnHost extends AsyncDisposable {
  /** Runs a program on this host. */
  run(program: string, args: readonly string[]): Promise<Ended>;
}

/** Ordinary users need a user namespace around it, which many systems don't give them. */
const ROOT = process.getuid?.() === 0;
const UNSHARE = ROOT ? ["-n"] : ["-r", "-n"];

/** Whether this system lets us have namespaces. In continuous integration it must. */
export function canOwnHosts(): boolean {
  try {
    execFileSync("unshare", [...UNSHARE, "true"], { stdio: "ignore" });
    return true;
  } catch {
    const { meta } = TestRunner.getCurrentSuite().file;
    meta.missingPeers = [...(meta.missingPeers ?? []), "network namespaces"];
    if (process.env["CI"])
      test("network namespaces can be had", () => expect.fail("unshare failed"));
    return false;
  }
}

/** `rules` are nft's; `program` is JavaScript that prints a line when it is ready. */
export async function ownHost(rules: string, program: string): Promise<OwnHost> {
  const folder = await scratch();
  const file = folder.path("rules.nft");
  await writeFile(file, rules);
  const prepare = `ip link set lo up && ${peer("nft")} -f "$1" && shift && exec "$@"`;
  const words = [...UNSHARE, "sh", "-c", prepare, "sh", file, process.execPath, "-e", program];
  const host = start(words, { program: "unshare" });
  await host.gave(/\n/);
  const enter = [...(ROOT ? [] : ["-U", "--preserve-credentials"]), "-n", "-t", String(host.pid)];
  return {
    run: (name, args) => run([...enter, name, ...args], { program: "nsenter" }),
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

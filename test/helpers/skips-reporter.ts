/** Says after a run which interop tests were skipped, and why: a line for each missing peer. */
import type { Reporter, TestModule } from "vitest/node";

export default class SkipsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const files = new Map<string, string[]>();
    for (const module of modules) {
      for (const peer of module.meta().missingPeers ?? []) {
        files.set(peer, [...(files.get(peer) ?? []), module.relativeModuleId]);
      }
    }
    for (const [peer, where] of files) {
      process.stdout.write(`skipped: tests in ${where.join(", ")}: ${peer} is not installed\n`);
    }
  }
}

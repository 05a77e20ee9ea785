import { defineConfig } from "vitest/config";

// Where continuous integration wants the report that it counts.
const report = process.env["NCX_REPORT"];

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // A process for each file: what one leaves behind is seen, and touches no other.
    pool: "forks",
    // Most of them wait for another process most of the time: no core is left over, and none is needed.
    maxWorkers: "100%",
    globalSetup: ["test/helpers/built-cli.ts"],
    setupFiles: ["test/helpers/leaks.ts"],
    reporters: [
      "default",
      "./test/helpers/skips-reporter.ts",
      ...(report ? [["json", { outputFile: report }] as ["json", object]] : []),
    ],
    // Two cores that others use as well: slow is not wrong, and what hangs still ends.
    testTimeout: 30_000,
    expect: { poll: { timeout: 20_000 } },
    // On a machine that others use as well, a program of theirs may be in a test's way once: it is told, "(retry x1)". What
    // holds for all input is not asked again.
    ...(process.env["CI"] ? { retry: { count: 1, condition: /^(?!Property failed)/ } } : {}),
    hookTimeout: 30_000,
  },
});

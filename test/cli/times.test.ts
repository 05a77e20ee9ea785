/** Every time and every one-way flag with every carrier that needs no flag of its own. */
import { expect, test } from "vitest";
import { timesContract } from "../contract/times.ts";
import { stuckListener } from "../helpers/peers.ts";
import { PLACES } from "../helpers/places.ts";
import { run } from "../helpers/run-cli.ts";

for (const place of PLACES) timesContract(place);

test("-w ends a dial that nobody answers with 1", { timeout: 30_000 }, async () => {
  await using stuck = await stuckListener();
  const { code, stderr } = await run(["-w", "300ms", "127.0.0.1", `${stuck.port}`]);
  expect(stderr).toMatch(/^Ncx: connect to 127\.0\.0\.1 port \d+ \(tcp\) failed: .*timed out/);
  expect(code).toBe(1);
});

test.each([
  ["--send-only", "--recv-only"],
  ["--send-only", "--no-stdin"],
  ["--shutdown", "--no-shutdown"],
])("%s and %s exclude each other", async (one, other) => {
  const { code, stderr } = await run([one, other, "127.0.0.1", "1"]);
  expect(stderr).toContain(`${one} and ${other}: they exclude each other`);
  expect(code).toBe(2);
});

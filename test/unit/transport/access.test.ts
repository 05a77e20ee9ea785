import { expect, test } from "vitest";
import { tokenBucket } from "../../../src/transport/access.ts";

test("tokenBucket() gives a burst of its rate, then one for each part of a second", () => {
  let clock = 0;
  const take = tokenBucket(4, () => clock);
  expect([take(), take(), take(), take(), take()]).toEqual([true, true, true, true, false]);
  clock = 249;
  expect(take()).toBe(false);
  clock = 251;
  expect([take(), take()]).toEqual([true, false]);
  clock = 60_000;
  expect([take(), take(), take(), take(), take()]).toEqual([true, true, true, true, false]);
});

test("tokenBucket() of less than one a second gives one after each while; of 0 none", () => {
  let clock = 0;
  const rare = tokenBucket(0.5, () => clock);
  expect([rare(), rare()]).toEqual([true, false]);
  clock = 1999;
  expect(rare()).toBe(false);
  clock = 2001;
  expect(rare()).toBe(true);
  const never = tokenBucket(0, () => clock);
  clock = 1e9;
  expect(never()).toBe(false);
});

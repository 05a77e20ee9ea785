import { expect, test } from "vitest";
import { Pace } from "../../../src/listen/handlers/_pace.ts";

test("lets go at once while nobody is behind", () => {
  const went: string[] = [];
  new Pace().next(() => went.push("one"));
  expect(went).toEqual(["one"]);
});

test("forgets nobody when the first to go on puts another one behind", () => {
  const pace = new Pace();
  const went: string[] = [];
  pace.hold();
  pace.next(() => (went.push("one"), pace.hold()));
  pace.next(() => went.push("two"));
  pace.release();
  expect(went).toEqual(["one"]);
  pace.release();
  expect(went).toEqual(["one", "two"]);
});

test("calls who asks twice once", () => {
  const pace = new Pace();
  let times = 0;
  const go = (): void => void (times += 1);
  pace.hold();
  pace.next(go);
  pace.next(go);
  pace.release();
  expect(times).toBe(1);
});

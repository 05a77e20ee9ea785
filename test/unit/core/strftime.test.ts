import { expect, test } from "vitest";
import { strftime } from "../../../src/core/strftime.ts";

// Local time, wherever the test runs.
const EVENING = new Date(2026, 1, 3, 19, 5, 9);
const MIDNIGHT = new Date(2027, 0, 1, 0, 0, 0);

test.each([
  ["dump-%Y-%m-%d_%H:%M:%S.pcap", "dump-2026-02-03_19:05:09.pcap"],
  ["%F %T %R %D %x %X", "2026-02-03 19:05:09 19:05 02/03/26 02/03/26 19:05:09"],
  ["%a %A %b %B %h", "Tue Tuesday Feb February Feb"],
  ["%c", "Tue Feb  3 19:05:09 2026"],
  ["%C %y %e %I %k %l %p %P %r", "20 26  3 07 19  7 PM pm 07:05:09 PM"],
  ["%j %U %W %V %G %g %u %w", "034 05 05 06 2026 26 2 2"],
  ["%-d %_d %0e %-j %^a %Ey %Od", "3  3 03 34 TUE 26 03"],
  ["100%% %Q %", "100% %Q %"],
  ["%n%t", "\n\t"],
])("%s is %s", (format, text) => {
  expect(strftime(format, EVENING)).toBe(text);
});

test("the year's ends: hours of midnight, and a week of the year before", () => {
  expect(strftime("%I %l %k %p %j %U %W %G-%V %u", MIDNIGHT)).toBe(
    "12 12  0 AM 001 00 00 2026-53 5",
  );
});

test("seconds since 1970", () => {
  expect(strftime("%s", new Date(1_700_000_000_999))).toBe("1700000000");
});

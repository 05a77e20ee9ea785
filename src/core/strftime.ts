/** Times in names: strftime(3) as the C locale has it, in local time. */

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const DAY = 86_400_000;

/** Puts the time into a format. What is no conversion stays as it is; `%E` and `%O` change nothing here. */
export function strftime(format: string, time: Date): string {
  return format.replace(
    /%([-_0^]?)[EO]?([A-Za-z%])/g,
    (whole: string, flag: string, letter: string) => {
      const value = CONVERSIONS[letter]?.(time);
      return value === undefined ? whole : flagged(value, flag);
    },
  );
}

/** glibc's flags: no padding, blanks or zeros for padding, capitals. */
function flagged(value: string, flag: string): string {
  if (flag === "^") return value.toUpperCase();
  if (flag === "" || !/^[ \d]+$/.test(value)) return value;
  const digits = value.replace(/^[ 0]+(?=\d)/, "");
  return flag === "-" ? digits : digits.padStart(value.length, flag === "_" ? " " : "0");
}

const CONVERSIONS: Readonly<Record<string, (time: Date) => string>> = {
  a: (time) => nameOf(DAYS, time.getDay()).slice(0, 3),
  A: (time) => nameOf(DAYS, time.getDay()),
  b: (time) => nameOf(MONTHS, time.getMonth()).slice(0, 3),
  B: (time) => nameOf(MONTHS, time.getMonth()),
  c: (time) => strftime("%a %b %e %H:%M:%S %Y", time),
  C: (time) => two(Math.floor(time.getFullYear() / 100)),
  d: (time) => two(time.getDate()),
  D: (time) => strftime("%m/%d/%y", time),
  e: (time) => blank(time.getDate()),
  F: (time) => strftime("%Y-%m-%d", time),
  g: (time) => two(isoWeek(time).year % 100),
  G: (time) => String(isoWeek(time).year),
  h: (time) => strftime("%b", time),
  H: (time) => two(time.getHours()),
  I: (time) => two(twelve(time)),
  j: (time) => String(dayOfYear(time) + 1).padStart(3, "0"),
  k: (time) => blank(time.getHours()),
  l: (time) => blank(twelve(time)),
  m: (time) => two(time.getMonth() + 1),
  M: (time) => two(time.getMinutes()),
  n: () => "\n",
  p: (time) => (time.getHours() < 12 ? "AM" : "PM"),
  P: (time) => (time.getHours() < 12 ? "am" : "pm"),
  r: (time) => strftime("%I:%M:%S %p", time),
  R: (time) => strftime("%H:%M", time),
  s: (time) => String(Math.floor(time.getTime() / 1000)),
  S: (time) => two(time.getSeconds()),
  t: () => "\t",
  T: (time) => strftime("%H:%M:%S", time),
  u: (time) => String(time.getDay() || 7),
  U: (time) => two(weekOfYear(time, time.getDay())),
  V: (time) => two(isoWeek(time).week),
  w: (time) => String(time.getDay()),
  W: (time) => two(weekOfYear(time, (time.getDay() + 6) % 7)),
  x: (time) => strftime("%m/%d/%y", time),
  X: (time) => strftime("%H:%M:%S", time),
  y: (time) => two(time.getFullYear() % 100),
  Y: (time) => String(time.getFullYear()),
  z: (time) => offset(-time.getTimezoneOffset()),
  Z: zone,
  "%": () => "%",
};

function nameOf(names: readonly string[], at: number): string {
  return names[at] ?? "";
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function blank(value: number): string {
  return String(value).padStart(2, " ");
}

function twelve(time: Date): number {
  return time.getHours() % 12 || 12;
}

/** From 0. Days are counted as dates: one with a change of the clock is no longer than others. */
function dayOfYear(time: Date): number {
  const date = Date.UTC(time.getFullYear(), time.getMonth(), time.getDate());
  return Math.round((date - Date.UTC(time.getFullYear(), 0, 1)) / DAY);
}

/** Days before the year's first start of a week are in week 0. */
function weekOfYear(time: Date, dayOfWeek: number): number {
  return Math.floor((dayOfYear(time) + 7 - dayOfWeek) / 7);
}

/** ISO 8601: a week belongs to the year that has its Thursday. */
function isoWeek(time: Date): { year: number; week: number } {
  const thursday = new Date(
    time.getFullYear(),
    time.getMonth(),
    time.getDate() - ((time.getDay() + 6) % 7) + 3,
  );
  return { year: thursday.getFullYear(), week: Math.floor(dayOfYear(thursday) / 7) + 1 };
}

function offset(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

/** `UTC`, `EST`; `GMT+1` where Node knows no short name. */
function zone(time: Date): string {
  const parts = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" }).formatToParts(time);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}

import { describe, expect, test } from "vitest";
import type { Args, Mode } from "../../../src/cli/args.ts";
import { fieldOf, OPTIONS, takesValue } from "../../../src/cli/options/index.ts";
import type { OptionType } from "../../../src/cli/options/index.ts";

const MODES: readonly Mode[] = [
  "listen",
  "connect",
  "relay",
  "http",
  "completion",
  "doctor",
  "ports",
  "services",
  "wait",
  "free-port",
  "scan",
  "capture",
  "telnet",
];

/** Which rows may fill a field, by its type. */
type Filling<T> = [T] extends [boolean]
  ? "flag"
  : [T] extends [number]
    ? "count" | "integer" | "duration" | "bytes"
    : [T] extends [string]
      ? "text" | "choice"
      : "list";

type NotAnOption = "mode" | "operands" | "warnings";

// The compiler holds this to Args: a field too many, too few, or of another type does not compile.
const FIELDS: {
  readonly [K in Exclude<keyof Args, NotAnOption>]-?: Filling<NonNullable<Args[K]>>;
} = {
  personality: "choice",
  verbose: "count",
  quiet: "flag",
  jsonEvents: "flag",
  help: "flag",
  version: "flag",
  listen: "flag",
  udp: "flag",
  unix: "flag",
  ipv4: "flag",
  ipv6: "flag",
  numeric: "flag",
  port: "text",
  source: "text",
  public: "flag",
  broadcast: "flag",
  keepalive: "flag",
  ttl: "integer",
  tos: "text",
  recvBuffer: "bytes",
  sendBuffer: "bytes",
  wait: "duration",
  connectTimeout: "duration",
  idleTimeout: "duration",
  timeout: "duration",
  quitAfter: "duration",
  keepOpen: "flag",
  maxConns: "integer",
  maxAccepts: "integer",
  portFile: "text",
  noStdin: "flag",
  sendOnly: "flag",
  recvOnly: "flag",
  shutdown: "flag",
  noShutdown: "flag",
  halfOpen: "flag",
  eol: "choice",
  login: "text",
  noEscape: "flag",
  binary: "flag",
  binaryOut: "flag",
  charset: "choice",
  trace: "flag",
  lineDelay: "duration",
  delay: "duration",
  recvLimit: "integer",
  hex: "flag",
  hexDump: "text",
  output: "text",
  appendOutput: "flag",
  zero: "flag",
  randomPorts: "flag",
  allOpen: "flag",
  localForward: "list",
  retries: "integer",
  drain: "duration",
  tap: "choice",
  request: "text",
  header: "list",
  data: "list",
  dataRaw: "list",
  dataBinary: "list",
  jsonBody: "list",
  include: "flag",
  head: "flag",
  location: "flag",
  maxRedirs: "integer",
  maxTime: "duration",
  unixSocket: "text",
  insecure: "flag",
  cacert: "text",
  cert: "text",
  key: "text",
  userAgent: "text",
  fail: "flag",
  silent: "flag",
  showError: "flag",
  waitTimeout: "duration",
  interval: "duration",
  gone: "flag",
  any: "flag",
  bannerPattern: "text",
  status: "text",
  send: "text",
  count: "integer",
  range: "text",
  hold: "flag",
  host: "text",
  ports: "text",
  top: "integer",
  fast: "flag",
  scanTypes: "text",
  excludePorts: "text",
  inputList: "text",
  exclude: "list",
  excludeFile: "text",
  timing: "choice",
  rate: "integer",
  concurrency: "integer",
  probeTimeout: "duration",
  probeRetries: "integer",
  hostTimeout: "duration",
  banner: "flag",
  open: "flag",
  reason: "flag",
  jsonLines: "flag",
  csv: "flag",
  greppable: "text",
  xml: "text",
  normal: "text",
  outputAll: "text",
  scanFormat: "choice",
  diff: "text",
  expect: "text",
  expectClosed: "text",
  progress: "flag",
  interface: "text",
  listInterfaces: "flag",
  readFile: "text",
  writeFile: "text",
  filterFile: "text",
  rotateSize: "text",
  rotateTime: "duration",
  rotateCount: "integer",
  snaplen: "integer",
  bufferSize: "integer",
  ownOnly: "flag",
  direction: "choice",
  anyChecksum: "flag",
  ascii: "count",
  hexBytes: "count",
  hexAscii: "count",
  linkHeader: "flag",
  brief: "flag",
  absoluteNumbers: "flag",
  stamp: "count",
  follow: "text",
  print: "flag",
  yes: "flag",
  rateLimit: "bytes",
  telnetRefuse: "flag",
  telnet: "flag",
  raw: "flag",
  escape: "text",
  tls: "flag",
  tlsVerify: "flag",
  tlsCa: "text",
  tlsCert: "text",
  tlsKey: "text",
  tlsCiphers: "text",
  tlsServername: "text",
  tlsAlpn: "text",
  tlsRequestCert: "flag",
  proxy: "list",
  proxyType: "choice",
  proxyUser: "text",
  proxyAuth: "text",
  proxyDns: "choice",
  openProxy: "flag",
  allowTarget: "list",
  denyTarget: "list",
  exec: "text",
  shExec: "text",
  luaExec: "text",
  pty: "flag",
  exitFromChild: "flag",
  record: "text",
  broker: "flag",
  chat: "flag",
  allow: "list",
  allowFile: "list",
  deny: "list",
  denyFile: "list",
  denyMode: "choice",
  auth: "text",
  authFile: "text",
  maxConnsPerIp: "integer",
  acceptRate: "integer",
  tcp: "flag",
  listening: "flag",
  all: "flag",
  wide: "flag",
  extend: "flag",
  noHeader: "flag",
  inet: "list",
  pid: "text",
  program: "list",
  user: "list",
  state: "list",
  remote: "list",
  exposure: "choice",
  category: "choice",
  format: "choice",
  watch: "duration",
  why: "flag",
  kill: "flag",
  grace: "duration",
};

const usable = OPTIONS.filter(
  (row) => !row.later && row.refused === undefined && row.ignored === undefined && !row.short,
);

test("every field of Args has a row of its type, and every usable row a field", () => {
  const made = new Map<string, Set<OptionType>>();
  for (const row of usable) {
    made.set(fieldOf(row), (made.get(fieldOf(row)) ?? new Set<OptionType>()).add(row.type));
  }
  const types = Object.fromEntries([...made].map(([field, found]) => [field, [...found].join()]));
  expect(types).toEqual(FIELDS);
});

describe.each(MODES)("in %s mode", (mode) => {
  const rows = OPTIONS.filter((row) => row.modes.includes(mode));

  test("a name belongs to one row", () => {
    const names = rows.flatMap((row) => [row.name, ...(row.aliases ?? [])]);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  test("a letter belongs to one row", () => {
    const letters = (
      mode !== "listen" && mode !== "connect"
        ? OPTIONS.map((row) => row.letters?.[mode])
        : OPTIONS.map((row) => row.letter)
    ).filter((letter) => letter !== undefined);
    expect(letters.filter((letter, at) => letters.indexOf(letter) !== at)).toEqual([]);
    expect(letters.filter((letter) => !/^[A-Za-z0-9]$/.test(letter))).toEqual([]);
  });

  test("a letter is only given to an option that the mode has", () => {
    if (mode === "listen" || mode === "connect") return;
    for (const row of OPTIONS) if (row.letters?.[mode]) expect(row.modes, row.name).toContain(mode);
  });
});

test("before the mode is known, a name takes a value in each netcat mode or in none", () => {
  const netcat: readonly Mode[] = ["connect", "listen", "relay"];
  const arity = new Map<string, boolean>();
  for (const row of OPTIONS.filter(({ modes }) => modes.some((mode) => netcat.includes(mode)))) {
    for (const name of [row.name, ...(row.aliases ?? [])]) {
      expect(arity.get(name) ?? takesValue(row), name).toBe(takesValue(row));
      arity.set(name, takesValue(row));
    }
  }
});

test.each(OPTIONS.map((row) => [row.name, row] as const))("--%s is well formed", (name, row) => {
  expect(name).toMatch(/^[a-z][a-z0-9.]*(-[a-z0-9]+)*$/);
  expect(row.modes.length).toBeGreaterThan(0);
  const fates = [row.later, row.refused, row.ignored, row.help].filter(
    (fate) => fate !== undefined,
  );
  expect(fates, "shown, to come, refused or ignored").toHaveLength(1);
  if (row.help !== undefined) {
    expect(row.group).toBeDefined();
    expect(row.help).not.toMatch(/[.\n]$/);
    if (takesValue(row)) expect(row.placeholder).toBeDefined();
  }
  expect(row.type === "choice").toBe(row.choices !== undefined);
  if (row.short) expect(OPTIONS.some((other) => other.name === row.short?.[0])).toBe(true);
});

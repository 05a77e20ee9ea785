/** --json: what is printed, the types in src/core/events.ts and docs/events.md are the same. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Endpoint } from "../../src/core/endpoint.ts";
import type { NcxErrorCode } from "../../src/core/errors.ts";
import type { NcxEvent } from "../../src/core/events.ts";
import { closedPort, serves, tcpClient, tcpPeer } from "../helpers/peers.ts";
import { run, start, type Running } from "../helpers/run-cli.ts";

type Check = (value: unknown) => boolean;
type EventOf<T extends NcxEvent["type"]> = Extract<NcxEvent, { type: T }>;

/** A field or a type that is missing here, or too much, does not compile. */
type Schema = {
  [T in NcxEvent["type"]]: { [K in keyof Required<Omit<EventOf<T>, "type">>]: Check };
};

const ENDPOINT_FIELDS: Record<Endpoint["kind"], readonly string[]> = {
  tcp: ["kind", "host", "port"],
  udp: ["kind", "host", "port"],
  unix: ["kind", "path"],
  tls: ["kind", "over"],
  dtls: ["kind", "over"],
  unixgram: ["kind", "path"],
  exec: ["kind", "command"],
  sh: ["kind", "command"],
  pty: ["kind", "command"],
  stdio: ["kind"],
  memory: ["kind", "name"],
};

const CODES: Record<NcxErrorCode, true> = {
  USAGE: true,
  ADDRESS: true,
  RESOLVE: true,
  REFUSED: true,
  UNREACHABLE: true,
  TIMEOUT: true,
  IN_USE: true,
  DENIED: true,
  RESET: true,
  TLS: true,
  PROXY: true,
  PROTOCOL: true,
  LIMIT: true,
  ABORTED: true,
  UNSUPPORTED: true,
  INTERNAL: true,
};

const text: Check = (value) => typeof value === "string";
const whole: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const time: Check = (value) => typeof value === "number" && value >= 0;
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const oneOf =
  <T extends string>(values: Record<T, true>): Check =>
  (value) =>
    typeof value === "string" && Object.hasOwn(values, value);
const endpoint: Check = (value) => {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  const fields = Object.entries(ENDPOINT_FIELDS).find(([kind]) => kind === value.kind)?.[1];
  return fields !== undefined && fields.join() === Object.keys(value).join();
};

const SCHEMA: Schema = {
  listening: { endpoint, rule: optional(whole) },
  open: {
    id: whole,
    local: endpoint,
    remote: endpoint,
    to: optional(endpoint),
    tls: optional((value) => typeof value === "object" && value !== null && "protocol" in value),
  },
  close: {
    id: whole,
    remote: endpoint,
    to: optional(endpoint),
    sent: whole,
    received: whole,
    duration: time,
    reason: oneOf<EventOf<"close">["reason"]>({
      eof: true,
      idle: true,
      limit: true,
      reset: true,
      aborted: true,
      error: true,
    }),
  },
  reject: { remote: endpoint, reason: text },
  request: {
    id: whole,
    remote: endpoint,
    method: text,
    url: text,
    status: whole,
    sent: whole,
    received: whole,
    duration: time,
  },
  attempt: { target: text, reason: optional(text) },
  ready: { target: text, duration: whole },
  gmcp: { id: whole, name: text, value: () => true },
  probe: {
    host: text,
    port: whole,
    protocol: oneOf<EventOf<"probe">["protocol"]>({ tcp: true, udp: true }),
    state: oneOf<EventOf<"probe">["state"]>({
      open: true,
      closed: true,
      timeout: true,
      error: true,
      silent: true,
    }),
    service: optional(text),
    reason: optional(text),
  },
  response: {
    url: text,
    status: whole,
    statusText: text,
    httpVersion: text,
    headers: (value) =>
      Array.isArray(value) && value.every((pair) => Array.isArray(pair) && pair.every(text)),
  },
  body: { url: text, wireBytes: whole, bytes: whole, duration: time },
  error: {
    code: oneOf(CODES),
    message: text,
    hint: optional(text),
    id: optional(whole),
  },
};

/** What is wrong with a line, in words; nothing if it is an event. */
function faults(line: string): string[] {
  const event: unknown = JSON.parse(line);
  if (typeof event !== "object" || event === null) return ["not an object"];
  const fields = event as Record<string, unknown>;
  const checks = Object.entries(SCHEMA).find(([type]) => type === fields["type"])?.[1];
  if (!checks) return [`no such type: ${String(fields["type"])}`];
  const { type: _type, time: at, ...rest } = fields;
  const known: Record<string, Check> = checks;
  return [
    ...(typeof at === "string" && new Date(at).toISOString() === at ? [] : ["no time"]),
    ...Object.keys(rest)
      .filter((name) => !Object.hasOwn(known, name))
      .map((name) => `unknown ${name}`),
    ...Object.entries(known)
      .filter(([name, check]) => !check(rest[name]))
      .map(([name]) => `bad ${name}`),
  ];
}

/** The events in stderr, every one of them a good one. */
function eventsIn(stderr: string): NcxEvent[] {
  const lines = stderr.split("\n").slice(0, -1);
  for (const line of lines) expect(faults(line), line).toEqual([]);
  return lines.map((line): NcxEvent => JSON.parse(line));
}

function types(events: readonly NcxEvent[]): string[] {
  return events.map(({ type }) => type);
}

async function listeningPort(running: Running): Promise<number> {
  const [, port] = await running.said(/"type":"listening".*"port":(\d+)/);
  return Number(port);
}

test("the check finds what is no event", () => {
  expect(faults('{"type":"nonsense"}')).not.toEqual([]);
  expect(faults('{"time":"2026-01-02T03:04:05.678Z","type":"reject","reason":3}')).toEqual([
    "bad remote",
    "bad reason",
  ]);
});

describe("docs/events.md", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/events.md"), "utf8");
  const examples = Array.from(page.matchAll(/```json\n([^]+?)```/g), ([, text = ""]) =>
    JSON.stringify(JSON.parse(text)),
  );

  test("has an example of every event, and each is one", () => {
    expect(types(examples.flatMap((line) => eventsIn(`${line}\n`))).toSorted()).toEqual(
      Object.keys(SCHEMA).toSorted(),
    );
  });

  test("names every field of every event", () => {
    for (const [type, fields] of Object.entries(SCHEMA)) {
      const section = page.split(`\n## ${type}\n`)[1]?.split("\n## ")[0] ?? "";
      for (const field of Object.keys(fields)) expect(section, type).toContain(`\`${field}\``);
    }
  });

  test("names every error code", () => {
    for (const code of Object.keys(CODES)) expect(page).toMatch(new RegExp(`\\b${code}\\b`));
  });
});

describe("--json", () => {
  test("connect: open and close, and nothing else on stderr, -v or not", async () => {
    await using peer = await tcpPeer(serves.late);
    const { code, stdout, stderr } = await run(["--json", "-v", "127.0.0.1", String(peer.port)], {
      input: "1234567",
    });
    const [open, close, ...more] = eventsIn(stderr);
    expect([code, stdout, more]).toEqual([0, "1234567", []]);
    expect(open).toMatchObject({ type: "open", remote: { kind: "tcp", port: peer.port } });
    expect(close).toMatchObject({ type: "close", sent: 7, received: 7, reason: "eof" });
  });

  test("listen: listening, open, close", async () => {
    await using server = start(["--json", "-l", "127.0.0.1", "0"], { stdin: "ignore" });
    await using client = await tcpClient(await listeningPort(server));
    client.socket.end("123");
    const { stdout, stderr } = await server.ended;
    const events = eventsIn(stderr);
    expect(stdout).toBe("123");
    expect(types(events)).toEqual(["listening", "open", "close"]);
    expect(events[1]).toMatchObject({ remote: { port: client.port } });
    expect(events[2]).toMatchObject({ sent: 0, received: 3, reason: "eof" });
  });

  test("listen -k -m 1: a client turned away is a reject", async () => {
    await using server = start(["--json", "-lk", "-m", "1", "127.0.0.1", "0"]);
    const port = await listeningPort(server);
    await using one = await tcpClient(port);
    one.socket.write("1");
    await server.gave(/1/);
    await using _two = await tcpClient(port);
    await server.said(/"type":"reject".*\n/);
    server.kill("SIGTERM");
    const events = eventsIn((await server.ended).stderr);
    expect(types(events)).toEqual(["listening", "open", "reject", "close"]);
    expect(events.at(-1)).toMatchObject({ reason: "aborted" });
  });

  test("relay: listening for each rule, open and close with both ends", async () => {
    await using upstream = await tcpPeer(serves.echo);
    const to = `127.0.0.1:${upstream.port}`;
    await using relay = start(["relay", "--json", "127.0.0.1:0", to, "--", "127.0.0.1:0", to]);
    const port = await listeningPort(relay);
    await using client = await tcpClient(port);
    client.socket.end("12345");
    await client.received;
    await relay.said(/"type":"close".*\n/);
    relay.kill("SIGTERM");
    const { code, stderr } = await relay.ended;
    const events = eventsIn(stderr);
    expect(code).toBe(143);
    expect(types(events)).toEqual(["listening", "listening", "open", "close"]);
    expect(events.slice(0, 2)).toMatchObject([{ rule: 0 }, { rule: 1 }]);
    expect(events[2]).toMatchObject({
      local: { kind: "tcp", host: "127.0.0.1", port },
      to: { kind: "tcp", port: upstream.port },
    });
    expect(events[3]).toMatchObject({ sent: 5, received: 5, reason: "eof" });
  });

  test("relay: a dial that fails is an error of that connection", async () => {
    const port = await closedPort();
    await using relay = start(["relay", "--json", "127.0.0.1:0", `127.0.0.1:${port}`]);
    await using client = await tcpClient(await listeningPort(relay));
    await client.received;
    await relay.said(/"type":"error".*\n/);
    relay.kill("SIGINT");
    const events = eventsIn((await relay.ended).stderr);
    expect(events[1]).toMatchObject({ type: "error", code: "REFUSED", id: expect.any(Number) });
  });

  test("-z: a probe for each port", async () => {
    await using peer = await tcpPeer();
    const closed = await closedPort();
    const ports = [String(peer.port), String(closed)];
    const { stderr } = await run(["--json", "-z", "127.0.0.1", ...ports]);
    expect(eventsIn(stderr)).toMatchObject([
      { type: "probe", port: peer.port, state: "open" },
      { type: "probe", port: closed, state: "closed", reason: "Connection refused" },
    ]);
  });

  test("http: response and body", async () => {
    const head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\n";
    await using peer = await tcpPeer(serves.says(`${head}hello`));
    const url = `http://127.0.0.1:${peer.port}/`;
    const { stdout, stderr } = await run(["http", "--json-output", "GET", url]);
    expect(stdout).toBe("hello");
    expect(eventsIn(stderr)).toMatchObject([
      {
        type: "response",
        url,
        status: 200,
        headers: [
          ["Content-Length", "5"],
          ["X-A", "b"],
        ],
      },
      { type: "body", url, bytes: 5, wireBytes: 5 },
    ]);
  });

  test.each([
    ["REFUSED", 1, async () => ["127.0.0.1", String(await closedPort())]],
    ["RESOLVE", 2, async () => ["no-such-host.invalid", "80"]],
    ["ADDRESS", 2, async () => ["127.0.0.1", "65536"]],
    ["USAGE", 2, async () => ["--no-such-option"]],
    ["UNSUPPORTED", 2, async () => ["--script", "f", "127.0.0.1", "23"]],
    ["TIMEOUT", 124, async () => ["--timeout", "200ms", "-l", "127.0.0.1", "0"]],
  ])("a failure is an error event: %s, with %i", async (code, exit, args) => {
    const ended = await run(["--json", ...(await args())]);
    expect(ended.code).toBe(exit);
    expect(eventsIn(ended.stderr).at(-1)).toMatchObject({ type: "error", code });
  });

  test("a port in use, a reset and an idle end", async () => {
    await using peer = await tcpPeer((socket) => void socket.write("x"));
    const inUse = await run(["--json", "-l", "127.0.0.1", String(peer.port)]);
    expect(eventsIn(inUse.stderr)).toMatchObject([{ type: "error", code: "IN_USE" }]);
    await using client = start(["--json", "127.0.0.1", String(peer.port)]);
    await client.gave(/x/);
    (await peer.next()).resetAndDestroy();
    const reset = eventsIn((await client.ended).stderr);
    expect(reset.slice(1)).toMatchObject([
      { type: "close", reason: "reset" },
      { type: "error", code: "RESET" },
    ]);
    await using quiet = start([
      "--json",
      "--idle-timeout",
      "200ms",
      "127.0.0.1",
      String(peer.port),
    ]);
    expect(eventsIn((await quiet.ended).stderr).at(-1)).toMatchObject({ reason: "idle" });
  });
});

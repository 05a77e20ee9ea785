/** A program in the terminal's place: which one the flags mean, what it is told of its peer, how it is linked. */
import { Transform } from "node:stream";
import { splitCommand } from "../core/command.ts";
import type { Endpoint, ExecEndpoint, PtyEndpoint, ShEndpoint } from "../core/endpoint.ts";
import { NcxError, quote } from "../core/errors.ts";
import { checkReadable, findProgram } from "../platform/programs.ts";
import { shellLine, userShell } from "../platform/shell.ts";
import { signalNumber } from "../platform/signal-names.ts";
import type { Connection, Filter, Observer } from "../stream/connection.ts";
import { link, type LinkOptions } from "../stream/link.ts";
import {
  checkProgram,
  exitOf,
  type ProgramOptions,
  type TelnetClient,
} from "../transport/index.ts";
import type { Args } from "./args.ts";
import { PERSONALITIES } from "./personality.ts";
import type { Joined } from "./session.ts";
import type { World } from "./world.ts";

export type ProgramEndpoint = ExecEndpoint | ShEndpoint | PtyEndpoint;

/** What runs a Lua script, the best first. */
const LUA = ["lua", "lua5.4", "lua5.3", "lua5.2", "lua5.1", "luajit"];

/** What is known to us alone. */
const SECRETS = new Set(["NCX_PROXY_AUTH", "NCAT_PROXY_AUTH", "NCX_TLS_PASSPHRASE", "NCX_AUTH"]);

/** What a terminal's program has of our environment when strangers use it; some of it is Windows'. */
const PLAIN = [
  "PATH",
  "HOME",
  "SHELL",
  "USER",
  "LOGNAME",
  "TZ",
  "SystemRoot",
  "ComSpec",
  "USERPROFILE",
];

/** What it has of ours as well, where the client has not told of its own. */
const LOCALE = /^(LANG|LANGUAGE|LC_[A-Z]+)$/;

/** Milliseconds that a program may go on to write once its peer has ended, where silence ends it; -q says others. */
const MOST = 60_000;

/** Both are told the same, so that a script for ncat runs unchanged. */
const PREFIXES = ["NCX", "NCAT"];

/**
 * The program that the flags name, which is there and can be run.
 *
 * @throws {NcxError} REFUSED, DENIED, ADDRESS or UNSUPPORTED where it cannot.
 */
export async function programOf(args: Args, world: World): Promise<ProgramEndpoint> {
  const env = plainEnvironment(world);
  const program = endpointOf(args, env);
  await checkProgram(program, { env });
  return program;
}

function endpointOf(args: Args, env: Record<string, string>): ProgramEndpoint {
  const { exec, shExec, luaExec, pty } = args;
  if (exec !== undefined) return { kind: pty ? "pty" : "exec", command: splitCommand(exec) };
  if (luaExec !== undefined)
    return { kind: pty ? "pty" : "exec", command: [luaFor(luaExec, env), luaExec] };
  if (shExec === undefined) return { kind: "pty", command: [userShell(env)] };
  if (!pty) return { kind: "sh", command: shExec };
  const { file, args: words } = shellLine(shExec, env);
  return { kind: "pty", command: [file, ...words] };
}

function luaFor(script: string, env: Record<string, string>): string {
  checkReadable(script);
  for (const name of LUA) {
    try {
      return findProgram(name, env);
    } catch {
      continue; // perhaps the next one is there
    }
  }
  throw new NcxError(
    "UNSUPPORTED",
    `Cannot run ${quote(script)}: no Lua is installed (none of ${LUA.join(", ")} is on PATH)`,
  );
}

/** How the program is started for this peer, which may be a telnet client that has told of its terminal. */
export function programOptions(
  args: Args,
  world: World,
  peer: Connection,
  client?: TelnetClient,
): ProgramOptions {
  const facts = environmentOf(peer);
  if (!client)
    return {
      env: { ...plainEnvironment(world), ...facts },
      ...(args.pty && { terminal: terminalOf(world) }),
    };
  // An LC_ALL of ours would have the better of a client's LANG.
  const told = [...client.environment.keys()].some((name) => LOCALE.test(name));
  const ours = (name: string): boolean => PLAIN.includes(name) || (!told && LOCALE.test(name));
  const own = Object.entries(plainEnvironment(world)).filter(([name]) => ours(name));
  const { size = { columns: 80, rows: 24 }, terminal: name } = client;
  return {
    env: { ...Object.fromEntries([...client.environment, ...own]), ...facts },
    terminal: { ...size, ...(name !== undefined && { name }) },
  };
}

/** Our environment, without what is secret. */
function plainEnvironment({ env }: World): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && !SECRETS.has(name)) plain[name] = value;
  return plain;
}

/** Who the program talks to. A unix socket is `localhost` without a port, and TCP, as with ncat. */
function environmentOf({ local, remote, framing }: Connection): Record<string, string> {
  const [here, there] = [placeOf(local), placeOf(remote)];
  const facts = {
    REMOTE_ADDR: there.host,
    REMOTE_PORT: there.port,
    LOCAL_ADDR: here.host,
    LOCAL_PORT: here.port,
    PROTO: framing === "message" ? "UDP" : "TCP",
  };
  return Object.fromEntries(
    PREFIXES.flatMap((prefix) =>
      Object.entries(facts).map(([name, value]) => [`${prefix}_${name}`, value]),
    ),
  );
}

function placeOf(endpoint: Endpoint): { host: string; port: string } {
  if (endpoint.kind === "tls" || endpoint.kind === "dtls") return placeOf(endpoint.over);
  if (endpoint.kind === "tcp" || endpoint.kind === "udp")
    return { host: endpoint.host, port: String(endpoint.port) };
  return { host: "localhost", port: "" };
}

/** As large as the terminal that we are in ourselves. */
function terminalOf({ stdout, isTTY }: World): { columns: number; rows: number } {
  const { columns, rows } = stdout as { columns?: unknown; rows?: unknown };
  const known = isTTY.stdout && typeof columns === "number" && typeof rows === "number";
  return known && columns > 0 && rows > 0 ? { columns, rows } : { columns: 80, rows: 24 };
}

/**
 * How a program is linked to its peer. The end of its output half-closes the connection, and the peer's end is the end
 * of its input; its own end is the end of all. With --recv-only what it writes is thrown away; --send-only changes
 * nothing, as with ncat.
 */
export function programLink(args: Args, options: LinkOptions): LinkOptions {
  const { linger: _, settle: __, forward = [], ...rest } = options;
  return {
    ...rest,
    forward: args.recvOnly ? [nothing] : forward,
    eof: { left: args.noShutdown ? "keep" : "half-close", right: "half-close" },
  };
}

/**
 * Links a program to its peer, until both are done, or -q has passed since the peer was; without -q, `silence`
 * milliseconds in which the program wrote nothing, and {@link MOST} in all: each ^D may have an answer. The program has ended then.
 */
export async function linkProgram(
  program: Connection,
  peer: Connection,
  args: Args,
  options: LinkOptions,
  silence: number = Infinity,
): Promise<Joined> {
  const { quitAfter = silence } = args;
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let most: NodeJS.Timeout | undefined;
  const watched = args.quitAfter === undefined && silence < Infinity;
  const onEnd = (): void => {
    timer = setTimeout(() => late.abort(), quitAfter);
    if (watched) most = setTimeout(() => late.abort(), MOST);
  };
  if (quitAfter < Infinity) peer.stream.once("end", onEnd);
  try {
    const signals = [late.signal, ...(options.signal ? [options.signal] : [])];
    const watch: Observer = { onData: () => void timer?.refresh() };
    const observers = [...(options.observers ?? []), ...(watched ? [watch] : [])];
    const signal = AbortSignal.any(signals);
    const result = await link(program, peer, { ...options, observers, signal });
    await program[Symbol.asyncDispose]();
    const exitCode = await childExitCode(args, program);
    return exitCode === undefined ? result : { ...result, exitCode };
  } finally {
    clearTimeout(timer);
    clearTimeout(most);
    peer.stream.off("end", onEnd);
    await program[Symbol.asyncDispose]();
  }
}

const nothing: Filter = ({ framing }) =>
  new Transform({
    objectMode: framing === "message",
    transform: (_chunk, _encoding, done) => done(),
  });

/** The exit code that --exit-from-child passes on, once the program has ended: 128 and its number for a signal. */
async function childExitCode(args: Args, program: Connection): Promise<number | undefined> {
  const wanted = args.exitFromChild || PERSONALITIES[args.personality].exitFromChild;
  const exit = wanted ? await exitOf(program) : undefined;
  if (!exit) return undefined;
  return exit.code ?? 128 + signalNumber(exit.signal ?? "");
}

/** `ncx telnet host`: a session with a telnet server, and the prompt behind ^]. */
import { connect } from "../../connect/index.ts";
import { formatHostPort, parseHost, type Endpoint } from "../../core/endpoint.ts";
import { NcxError, quote } from "../../core/errors.ts";
import { servicePort } from "../../platform/services.ts";
import {
  escapeLine,
  firstChoices,
  idlePrompt,
  session,
  type Charset,
  type Choices,
  type Counts,
  type Ending,
  type SessionOptions,
  type Terminal,
} from "../../telnet/index.ts";
import type { LinkReason } from "../../stream/connection.ts";
import { keepUrgentInline, tlsOf } from "../../transport/index.ts";
import type { Args } from "../args.ts";
import { ESCAPE, parseEscape } from "../escape-char.ts";
import { dialExtras } from "../extras.ts";
import type { Reporter } from "../report.ts";
import { dialOptions } from "../socket-options.ts";
import { overTls, toPort } from "../target.ts";
import { cannot } from "../usage.ts";
import { saySecured } from "../wording.ts";
import type { World } from "../world.ts";

const TELNET = 23;

/** Where to go, and whether to open the negotiation. */
interface Destination {
  readonly host: string;
  readonly port: number;
  readonly negotiates: boolean;
}

/** Runs the mode; gives the exit code. */
export async function run(args: Args, world: World, report: Reporter): Promise<number> {
  const escape = escapeOf(args);
  const terminal = terminalOf(world);
  const voice = speaker(args, world);
  const choices = choicesOf(args, escape);
  const say = (line: string): void => void (args.quiet || world.stderr.write(`${line}\n`));
  const idle = (time: "first" | "again"): Promise<Ending> =>
    idlePrompt(terminal, optionsOf(args, world, { choices, say: voice.aside }), time);
  if (args.operands.length === 0 && !terminal.typed)
    throw cannot("connect", "the host is missing", "ncx telnet host");
  const asked = { reason: "quit", open: args.operands } as const;
  let ending: Ending = args.operands.length === 0 ? await idle("first") : asked;
  let met = false;
  for (;;) {
    if (ending.reason !== "quit" || !ending.open) return conclude(ending, met, voice, report);
    try {
      const there = destination(ending.open);
      ending = await visit(there, { args, world, report, terminal, voice, choices });
      met = true;
    } catch (error) {
      if (error instanceof TelnetFailure) say(`telnet: ${error.message}`);
      else if (ending === asked || !(error instanceof NcxError)) throw error;
      else report.fail(error);
      // As telnet: only what was asked for at the prompt leads back there.
      if (ending === asked || world.stop.aborted) return 1;
      met = false;
      ending = await idle("again");
    }
  }
}

interface Voice {
  /** What telnet says of itself. */
  say(line: string): void;
  /** What is shown beside the session. */
  aside(line: string): void;
}

interface Visit {
  readonly args: Args;
  readonly world: World;
  readonly report: Reporter;
  readonly terminal: Terminal;
  readonly voice: Voice;
  readonly choices: Choices;
}

async function visit(there: Destination, visiting: Visit): Promise<Ending> {
  const { args, world, report, terminal, voice, choices } = visiting;
  const target = overTls({ kind: "tcp", host: there.host, port: there.port }, args);
  const signal = AbortSignal.any([world.stop, world.abort]);
  const refuse = (address: string): undefined => voice.say(`Trying ${address}...`) as undefined;
  const extras = await dialExtras(args, world, report, [target]);
  await using connection = await connect(target, {
    ...dialOptions(args),
    ...extras,
    refuse,
    signal,
  }).catch((error: unknown) => refused(error, there, args));
  await keepUrgentInline(connection);
  const { id, local, remote } = connection;
  const secured = remote.kind === "tls" ? await tlsOf(connection) : undefined;
  report.event({ type: "open", id, local, remote, ...(secured && { tls: secured }) });
  voice.say(`Connected to ${there.host}.`);
  if (secured) saySecured(secured, report);
  voice.say(escapeLine(terminal.typed ? choices.escape : undefined));
  let counts: Counts = { sent: 0, received: 0, duration: 0 };
  const ending = await session(connection, terminal, {
    ...optionsOf(args, world, { choices, say: voice.aside }),
    negotiates: there.negotiates,
    place: placeOf(remote, there),
    ...(secured && { secured: `Secured by ${secured.protocol} with ${secured.cipher}.` }),
    ...(args.trace && { trace: voice.aside }),
    onGmcp: (name, value) => report.event({ type: "gmcp", id, name, value }),
    onClose: (all) => void (counts = all),
    signal,
  });
  const { sent, received, duration } = counts;
  report.event({ type: "close", id, remote, ...counts, reason: reasonOf(ending) });
  report.news(1, report.wording.summary(sent, received, duration / 1000));
  return ending;
}

/** As every connection's end is called. */
function reasonOf(ending: Ending): LinkReason {
  if (ending.reason === "aborted") return "aborted";
  if (ending.reason === "quit" || ending.error === undefined) return "eof";
  return isReset(ending.error) ? "reset" : "error";
}

function choicesOf({ login, binary, binaryOut }: Args, escape: number | undefined): Choices {
  return firstChoices({
    escape,
    ...(login !== undefined && { user: login }),
    ...((binary || binaryOut) && { binary: binary ? "both" : "out" }),
  });
}

function optionsOf(
  { charset = "utf-8" }: Args,
  { env, stop, abort }: World,
  { choices, say }: { choices: Choices; say: SessionOptions["say"] },
): SessionOptions {
  return {
    terminalType: env["TERM"] ?? "unknown",
    trueColor: /^(truecolor|24bit)$/.test(env["COLORTERM"] ?? ""),
    choices,
    charset: charset as Charset, // the row's choices are these
    objection,
    say,
    signal: AbortSignal.any([stop, abort]),
  };
}

/** @throws {NcxError} USAGE for what is no key. */
function escapeOf({ escape, noEscape }: Args): number | undefined {
  if (noEscape) return undefined;
  return escape === undefined ? ESCAPE : parseEscape(escape, "-e");
}

/** `localhost:8080`, `[::1]:8080`: as every other mode has it. */
const HOST_PORT = /^([^:]*|\[.*\]):([^:]+)$/;

/** @throws {NcxError} USAGE, ADDRESS. */
function destination([host = "", port, extra]: readonly string[]): Destination {
  if (extra !== undefined)
    throw cannot("connect", `${quote(extra)} is too much`, "ncx telnet host port");
  const [, before, after] = HOST_PORT.exec(host) ?? [];
  if (port === undefined && before !== undefined) return destination([before, after ?? ""]);
  if (port === undefined) return { host: parseHost(host), port: TELNET, negotiates: true };
  const asked = port.startsWith("-");
  const number = toPort(asked ? port.slice(1) : port, "tcp");
  if (number === 0) throw cannot("connect", "port 0 is none", "ncx telnet host 23");
  return { host: parseHost(host), port: number, negotiates: asked || number === TELNET };
}

/** Why this is no destination. */
function objection(open: readonly string[]): string | undefined {
  try {
    destination(open);
    return undefined;
  } catch (error) {
    if (!(error instanceof NcxError)) throw error;
    return error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
  }
}

function placeOf(remote: Endpoint, there: Destination): string {
  const carrier = remote.kind === "tls" ? remote.over : remote;
  const address = carrier.kind === "tcp" ? formatHostPort(carrier.host, carrier.port) : "";
  return address.startsWith(there.host) ? address : `${there.host} (${address})`;
}

/** The sentences of telnet: whoever greps for them finds them. */
function refused(error: unknown, there: Destination, { jsonEvents }: Args): never {
  if (!(error instanceof NcxError) || jsonEvents || error.state === undefined) throw error;
  const { code, state, cause } = error;
  if (code === "RESOLVE") {
    const service = servicePort("telnet", "tcp") === there.port ? "telnet" : String(there.port);
    const sentence = `could not resolve ${there.host}/${service}: ${state}`;
    throw new TelnetFailure(sentence, { cause });
  }
  if (!error.message.startsWith("Cannot connect") || code === "TLS") throw error;
  throw new TelnetFailure(`Unable to connect to remote host: ${state}`, { cause });
}

/** A connection that was not made, as telnet says it. */
class TelnetFailure extends Error {}

function conclude(ending: Ending, met: boolean, { say }: Voice, report: Reporter): number {
  switch (ending.reason) {
    case "quit":
      if (met) say("Connection closed.");
      return 0;
    case "aborted":
      return 1;
    case "closed":
      if (isReset(ending.error)) say("Connection reset by peer.");
      else if (ending.error !== undefined) report.fail(ending.error);
      say("Connection closed by foreign host.");
      return ending.answered ? 0 : 1;
  }
}

function isReset(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    /^(ECONNRESET|EPIPE|RESET)$/.test(String(error.code))
  );
}

/** Telnet's own sentences are on stdout, as telnet's; only a stdout that goes to a file or a program has data alone. */
function speaker({ quiet, jsonEvents }: Args, world: World): Voice {
  const mute = quiet === true || jsonEvents === true;
  const own = world.isTTY.stdout || world.name.startsWith("telnet") ? world.stdout : world.stderr;
  const end = world.terminal ? "\r\n" : "\n";
  return {
    say: (line) => void (mute || own.write(`${line}\n`)),
    aside: (line) => void (jsonEvents || world.stderr.write(`${line}${end}`)),
  };
}

function terminalOf(world: World): Terminal {
  const { stdin, stdout, terminal } = world;
  return {
    input: stdin,
    output: stdout,
    typed: terminal !== undefined,
    screen: world.isTTY.stdout,
    size: () => terminal?.size(),
    onResize: (listener) => terminal?.onResize(listener) ?? (() => {}),
    setMode: (mode) => terminal?.setMode(mode),
    ...(terminal && { suspend: () => terminal.suspend(), shell: (line) => terminal.shell(line) }),
  };
}

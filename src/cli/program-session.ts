/** A program for one peer, from its start to its end: with --telnet in the peer's own terminal, with --record on file. */
import type { Connection } from "../stream/connection.ts";
import type { LinkOptions } from "../stream/link.ts";
import { dial, resizeOf, type ServedTelnet } from "../transport/index.ts";
import type { Args } from "./args.ts";
import { linkProgram, programOptions, type ProgramEndpoint } from "./programs.ts";
import type { Record } from "./recordings.ts";
import type { Joined } from "./session.ts";
import type { World } from "./world.ts";

/** Milliseconds that a telnet client has to say what its terminal is: plain nc never does. */
const READY = 400;
/** Milliseconds of silence in which a program may end, once its telnet client has nothing more to say; -q says others. */
const HANG_UP = 5000;

export interface ProgramSession {
  readonly endpoint: ProgramEndpoint;
  readonly telnet?: ServedTelnet | undefined;
  readonly record?: Record | undefined;
}

/** Runs the program; both are over when it resolves. */
export async function runProgram(
  { endpoint, telnet, record }: ProgramSession,
  args: Args,
  world: World,
  peer: Connection,
  options: LinkOptions,
): Promise<Joined> {
  const { signal } = options;
  await telnet?.ready(READY, signal);
  const program = programOptions(args, world, peer, telnet?.client);
  const { terminal, env } = program;
  using recording = record?.({
    columns: terminal?.columns ?? 80,
    rows: terminal?.rows ?? 24,
    terminal: terminal?.name ?? "xterm-256color",
    ...(env?.["SHELL"] !== undefined && { shell: env["SHELL"] }),
    ...(endpoint.kind !== "sh" && { command: endpoint.command.join(" ") }),
  });
  const running = await dial(endpoint, { program, ...(signal && { signal }) });
  const resize = (columns: number, rows: number): void => {
    resizeOf(running)?.(columns, rows);
    recording?.resized(columns, rows);
  };
  telnet?.onSize(resize);
  const { size } = telnet?.client ?? {}; // it may have come while the program was being started
  if (size && (size.columns !== terminal?.columns || size.rows !== terminal.rows))
    resize(size.columns, size.rows);
  const observers = [...(options.observers ?? []), ...(recording ? [recording] : [])];
  if (!telnet) return await linkProgram(running, peer, args, { ...options, observers });
  // A client's end is ^D, and what the program writes is still sent; one that has gone has hung up.
  const eof: LinkOptions["eof"] = {
    ...options.eof,
    get right() {
      return telnet.gone ? "close" : "half-close";
    },
  };
  return await linkProgram(running, peer, args, { ...options, observers, eof }, HANG_UP);
}

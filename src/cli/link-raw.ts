/** `--raw`: the user's terminal as it is for the program behind the connection, until ^]. */
import { onAbort } from "../core/abort.ts";
import { Screen } from "../core/screen.ts";
import type { Connection, Observer } from "../stream/connection.ts";
import { link, type LinkOptions } from "../stream/link.ts";
import { stdioConnection } from "../transport/index.ts";
import type { Args } from "./args.ts";
import { ESCAPE, formatEscape, parseEscape } from "./escape-char.ts";
import { openRawTerminal } from "./raw-terminal.ts";
import type { Reporter } from "./report.ts";
import { userSide, userStreams, type Joined } from "./session.ts";
import type { World } from "./world.ts";

/** Milliseconds that what was typed before the way out has to be taken by the peer. */
const LEAVE = 500;

/** Links a connection to the terminal, which is put back when the link is over. A stdin that is none is left as it is. */
export async function linkRaw(
  args: Args,
  world: World,
  report: Reporter,
  connection: Connection,
  options: LinkOptions,
): Promise<Joined> {
  if (!world.terminal) {
    await using user = userSide(args, world);
    return await link(user, connection, options);
  }
  const escape = args.escape === undefined ? ESCAPE : parseEscape(args.escape, "--escape");
  if (escape !== undefined) report.say(`Escape character is '${formatEscape(escape)}'.`);
  const left = new AbortController();
  const forget = onAbort(options.signal, () => left.abort());
  let late: NodeJS.Timeout | undefined;
  using raw = openRawTerminal(world, {
    escape,
    onEscape() {
      raw.keys.push(null);
      late ??= setTimeout(() => left.abort(), LEAVE);
    },
  });
  const screen = new Screen();
  const shown: Observer = {
    onData: (_connection, direction, chunk) => direction === "backward" && screen.push(chunk),
  };
  const observers = [...(options.observers ?? []), ...(world.isTTY.stdout ? [shown] : [])];
  await using user = stdioConnection({ ...userStreams(args, world), input: raw.keys });
  try {
    const eof = { ...options.eof, left: "close" as const };
    return await link(user, connection, { ...options, eof, observers, signal: left.signal });
  } finally {
    const rest = screen.restore();
    if (rest !== "" && !world.stdout.destroyed) world.stdout.write(rest);
    clearTimeout(late);
    forget();
  }
}

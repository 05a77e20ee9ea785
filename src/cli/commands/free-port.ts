/** `ncx free-port [-- COMMAND]`: ports that nobody has, printed, or handed to a command. */
import { once } from "node:events";
import { isIP } from "node:net";
import { NcxError, quote } from "../../core/errors.ts";
import { onAbort } from "../../core/abort.ts";
import { parsePortRanges, type PortRange } from "../../core/ranges.ts";
import { reservePorts, type Reservation, type ReserveOptions } from "../../free-port/index.ts";
import type { Args } from "../args.ts";
import { runChild, splitAtCommand } from "../child.ts";
import type { Reporter } from "../report.ts";
import { cannot } from "../usage.ts";
import type { World } from "../world.ts";

/** Runs the mode; gives the exit code. */
export async function run(args: Args, world: World, report: Reporter): Promise<number> {
  const { before, command } = splitAtCommand(args.operands);
  const [stray] = before;
  if (stray !== undefined)
    throw cannot(`use ${quote(stray)}`, "free-port takes no operand", "put -- before a command");
  const reserved = await reservePorts(args.count ?? 1, toOptions(args));
  const ports = reserved.map(({ port }) => port);
  if (command) {
    await Promise.all(reserved.map((one) => one.guard()));
    // Nothing comes between letting go and the command's start.
    for (const one of reserved) one.releaseNow();
    return runChild(
      command.map((word) => filled(word, ports)),
      world,
      report,
      environment(ports),
    );
  }
  world.stdout.write(args.jsonEvents ? `${JSON.stringify(ports)}\n` : `${ports.join("\n")}\n`);
  if (args.hold) await untilTold(world);
  await Promise.all(reserved.map((one: Reservation) => one.release()));
  return 0;
}

/** `{}` is the first port, `{2}` the second; what names none stays as it is. */
function filled(word: string, ports: readonly number[]): string {
  return word.replace(/\{(\d{0,4})\}/g, (text, place: string) =>
    String(ports[place === "" ? 0 : Number(place) - 1] ?? text),
  );
}

function environment(ports: readonly number[]): Record<string, string> {
  const named = ports.map((port, at) => [
    at === 0 ? "NCX_PORT" : `NCX_PORT_${at + 1}`,
    String(port),
  ]);
  return { ...Object.fromEntries(named), NCX_PORTS: ports.join() };
}

/** Until a signal, or the end of stdin. */
async function untilTold({ stdin, stop, abort }: World): Promise<void> {
  const told = new Promise<void>(
    (resolve) => void onAbort(AbortSignal.any([stop, abort]), resolve),
  );
  stdin.resume();
  await Promise.race([told, once(stdin, "end"), once(stdin, "close")]);
}

function toOptions({ range, host, ipv4, ipv6 }: Args): ReserveOptions {
  const every = ipv4 ? "0.0.0.0" : ipv6 ? "::" : undefined;
  const address = host ?? every;
  if (host !== undefined && isIP(host) === 0)
    throw new NcxError("ADDRESS", `Cannot use --host ${quote(host)}: it is not a numeric address`, {
      hint: "use --host 127.0.0.1",
    });
  return {
    ...(address !== undefined && { host: address }),
    ...(range !== undefined && { range: toRange(range) }),
  };
}

function toRange(text: string): PortRange {
  const [only, ...others] = parsePortRanges(text);
  if (only && others.length === 0) return only;
  throw cannot(`use --range ${quote(text)}`, "it is a list", "use one range: --range 8000-8100");
}

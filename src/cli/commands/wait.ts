/** `ncx wait TARGET... [-- COMMAND]`: until they are there; then the command, whose exit code is ours. */
import { NcxError, quote, wrap } from "../../core/errors.ts";
import { formatDuration } from "../../core/units.ts";
import { parseStatus, parseTarget, waitFor, type WaitOptions } from "../../wait/index.ts";
import type { Args } from "../args.ts";
import { runChild, splitAtCommand } from "../child.ts";
import { TIMED_OUT } from "../exit.ts";
import type { Reporter } from "../report.ts";
import { cannot, usage } from "../usage.ts";
import type { World } from "../world.ts";

/** Runs the mode; gives the exit code. */
export async function run(args: Args, world: World, report: Reporter): Promise<number> {
  const { before: targets, command } = splitAtCommand(args.operands);
  if (targets.length === 0) throw cannot("wait", "there is no target", "use ncx wait HOST:PORT");
  for (const target of targets) parseTarget(target); // a bad one is found before any is waited for
  try {
    await waitFor(targets, toOptions(args, world, report));
  } catch (error) {
    if (!(error instanceof NcxError) || error.code !== "TIMEOUT") throw error;
    report.fail(error);
    return TIMED_OUT;
  }
  return command ? runChild(command, world, report) : 0;
}

function toOptions(args: Args, { stop, abort }: World, report: Reporter): WaitOptions {
  const { waitTimeout, interval, connectTimeout, gone, any, bannerPattern, status, send } = args;
  return {
    ...(waitTimeout !== undefined && { timeout: waitTimeout }),
    ...(interval !== undefined && { interval }),
    ...(connectTimeout !== undefined && { connectTimeout }),
    ...(gone && { gone }),
    ...(any && { any }),
    ...(bannerPattern !== undefined && { banner: toRegExp(bannerPattern) }),
    ...(status !== undefined && { status: parseStatus(status) }),
    ...(send !== undefined && { send: unescaped(send) }),
    ...(args.ipv4 && { family: 4 }),
    ...(args.ipv6 && { family: 6 }),
    ...(args.numeric && { numeric: true }),
    ...(args.insecure && { tls: { insecure: true } }),
    signal: AbortSignal.any([stop, abort]),
    onReady(target, duration) {
      report.tell(1, `${target} is ${gone ? "gone" : "there"} after ${formatDuration(duration)}`);
      report.event({ type: "ready", target, duration });
    },
    onAttempt(target, error) {
      report.tell(2, `${target} is ${error ? `not there: ${error.message}` : "still there"}`);
    },
  };
}

function toRegExp(text: string): RegExp {
  try {
    return new RegExp(text, "m");
  } catch (error) {
    throw usage(wrap(`use --banner ${quote(text)}`, error).message, "use a regular expression");
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  r: "\r",
  n: "\n",
  t: "\t",
  "0": "\0",
  "\\": "\\",
};

/** `\r`, `\n`, `\t`, `\0`, `\\` and `\xHH` as their bytes. */
function unescaped(text: string): Uint8Array {
  const plain = Buffer.from(text).toString("latin1");
  const made = plain.replace(/\\(?:x([\da-f]{2})|([rnt0\\]))/gi, (_, hex?: string, letter = "") =>
    hex === undefined
      ? (ESCAPES[String(letter).toLowerCase()] ?? "")
      : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(made, "latin1");
}

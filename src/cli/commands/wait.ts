/** `ncx wait TARGET... [-- COMMAND]`: until they are there; then the command, whose exit code is ours. */
import { lowerFirst, NcxError, quote, wrap } from "../../core/errors.ts";
import { formatDuration } from "../../core/units.ts";
import {
  DEFAULT_TIMEOUT,
  formatTarget,
  parseStatus,
  parseTarget,
  waitFor,
  type WaitOptions,
} from "../../wait/index.ts";
import type { Args } from "../args.ts";
import { runChild, splitAtCommand } from "../child.ts";
import { TIMED_OUT } from "../exit.ts";
import type { Reporter } from "../report.ts";
import { cannot, usage } from "../usage.ts";
import type { World } from "../world.ts";

/** Milliseconds after which it is said what is waited for: what takes less time needs no word. */
const NOTICE = 500;

/** Runs the mode; gives the exit code. */
export async function run(args: Args, world: World, report: Reporter): Promise<number> {
  const { before: targets, command } = splitAtCommand(args.operands);
  if (targets.length === 0) throw cannot("wait", "there is no target", "use ncx wait HOST:PORT");
  // A bad one is found before any is waited for.
  const missing = new Map<string, string>(namesOf(targets).map((name) => [name, ""]));
  const level = world.isTTY.stderr ? 0 : 1;
  const notice = setTimeout(() => report.tell(level, waitingFor(missing, args)), NOTICE);
  try {
    await waitFor(targets, toOptions(args, world, report, missing));
  } catch (error) {
    if (!(error instanceof NcxError) || error.code !== "TIMEOUT") throw error;
    report.fail(error);
    return TIMED_OUT;
  } finally {
    clearTimeout(notice);
  }
  return command ? runChild(command, world, report) : 0;
}

/** @throws {NcxError} for what is no target; where a command may have been meant, with that hint. */
function namesOf(targets: readonly string[]): string[] {
  // A bare word may be a service, such as echo: it begins the command if one of those that follow is no target.
  const command = targets.findIndex((text, at) => at > 0 && !/[:/@]|^\d+$/.test(text));
  return targets.map((text, at) => {
    try {
      return formatTarget(parseTarget(text));
    } catch (error) {
      if (!(error instanceof NcxError) || command < 0 || at < command) throw error;
      const hint = `a command goes after --: ncx wait TARGET -- ${targets[command] ?? ""} ...`;
      throw new NcxError(error.code, error.message, { hint });
    }
  });
}

/** Of what is missing also why, as far as an attempt has told. */
function waitingFor(missing: ReadonlyMap<string, string>, args: Args): string {
  const { waitTimeout = DEFAULT_TIMEOUT, gone } = args;
  const names = Array.from(missing, ([name, why]) => (why === "" ? name : `${name} (${why})`));
  const most =
    waitTimeout === 0 ? "however long it takes" : `${formatDuration(waitTimeout)} at most`;
  return `waiting for ${names.join(", ")}${gone ? " to be gone" : ""}, ${most}`;
}

function toOptions(
  args: Args,
  { stop, abort }: World,
  report: Reporter,
  missing: Map<string, string>,
): WaitOptions {
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
      missing.delete(target);
      report.tell(1, `${target} is ${gone ? "gone" : "there"} after ${formatDuration(duration)}`);
      report.event({ type: "ready", target, duration });
    },
    onAttempt(target, error) {
      missing.set(target, error ? lowerFirst(error.state ?? error.message) : "");
      const state = error
        ? `not ${gone ? "known to be gone" : "there"}: ${error.message}`
        : "still there";
      report.tell(2, `${target} is ${state}`);
      if (args.verbose < 2) return;
      report.event({ type: "attempt", target, ...(error && { reason: error.message }) });
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

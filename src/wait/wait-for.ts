/** Waiting for places: asked again and again until they are there, or no longer. */
import type { Endpoint } from "../core/endpoint.ts";
import { describe, errnoOf, isAbort, isTimeout, NcxError, wrap } from "../core/errors.ts";
import { sleep } from "../core/sleep.ts";
import { formatDuration } from "../core/units.ts";
import { check } from "./check.ts";
import { completeWait, type Waiting, type WaitOptions } from "./options.ts";
import { formatTarget, parseTarget, type WaitTarget } from "./target.ts";

/** One target, and how the last attempt at it ended. */
interface Watched {
  readonly target: WaitTarget;
  readonly name: string;
  ready: boolean;
  last: NcxError | undefined;
}

/**
 * Waits until every target is there: `host:5432`, `:8080` (localhost), `tls:host:443`, `udp:host:53`, which has to
 * answer, `unix:/path`, `http://:8080/health`, whose status counts. An empty list is there at once.
 *
 * @throws {NcxError} TIMEOUT when time runs out, with what was wrong last; ADDRESS for what is no target; ABORTED.
 * @example
 * await waitFor("127.0.0.1:8080", { timeout: 30_000 });
 */
export async function waitFor(
  targets: string | Endpoint | readonly (string | Endpoint)[],
  options: WaitOptions = {},
): Promise<void> {
  const waiting = completeWait(options);
  const list = [targets].flat() as readonly (string | Endpoint)[]; // Array.isArray loses a readonly array
  const watched = list.map((target) => watch(parseTarget(target)));
  if (watched.length === 0) return;
  const { timeout, signal, any } = waiting;
  signal?.throwIfAborted();
  const enough = new AbortController();
  const deadline = timeout > 0 ? AbortSignal.timeout(timeout) : undefined;
  const ending = AbortSignal.any([
    enough.signal,
    ...(deadline ? [deadline] : []),
    ...(signal ? [signal] : []),
  ]);
  try {
    const waits = watched.map((one) => until(one, waiting, ending));
    await (any ? firstOf(waits) : Promise.all(waits));
  } catch (error) {
    if (signal?.aborted) throw wrap("wait", signal.reason);
    if (deadline?.aborted) throw tooLate(watched, waiting);
    throw error;
  } finally {
    enough.abort();
  }
}

function watch(target: WaitTarget): Watched {
  return { target, name: formatTarget(target), ready: false, last: undefined };
}

/** As Promise.any, whose AggregateError nobody wants to read. */
async function firstOf(waits: readonly Promise<void>[]): Promise<void> {
  await Promise.any(waits).catch((error: AggregateError) => {
    throw error.errors[0];
  });
}

async function until(watched: Watched, options: Waiting, ending: AbortSignal): Promise<void> {
  const { interval, gone = false, onReady, onAttempt } = options;
  const started = performance.now();
  for (;;) {
    const error = await attempt(watched, options, ending);
    // What a deadline cuts off has an end of its own only where nothing better is known.
    if (!ending.aborted || !watched.last || !isCutOff(error)) watched.last = error;
    ending.throwIfAborted();
    if (gone ? error && isAbsence(error) : !error) break;
    onAttempt?.(watched.name, error);
    await sleep(interval, ending);
  }
  watched.ready = true;
  onReady?.(watched.name, Math.round(performance.now() - started));
}

async function attempt(
  { target }: Watched,
  options: Waiting,
  ending: AbortSignal,
): Promise<NcxError | undefined> {
  const patience = AbortSignal.timeout(options.connectTimeout);
  try {
    await check(target, options, AbortSignal.any([ending, patience]));
    return undefined;
  } catch (error) {
    // What another attempt cannot change is not waited for.
    if (!(error instanceof NcxError) || /^(UNSUPPORTED|USAGE)$/.test(error.code)) throw error;
    // Nobody was asked: port 0, or a host that the family or `numeric` forbids.
    if (/^(RESOLVE|ADDRESS)$/.test(error.code) && error.cause === undefined) throw error;
    if (patience.aborted && !ending.aborted && (isAbort(error.cause) || isTimeout(error.cause)))
      return new NcxError("TIMEOUT", error.message, { state: "Operation timed out", cause: error });
    return error;
  }
}

function isCutOff(error: NcxError | undefined): boolean {
  return error === undefined || error.code === "TIMEOUT" || error.code === "ABORTED";
}

/** That we have no descriptor or right, or that no name server answers, says nothing about the target. */
function isAbsence({ code, cause }: NcxError): boolean {
  if (/^(LIMIT|DENIED|INTERNAL|ABORTED)$/.test(code)) return false;
  return !["EAI_AGAIN", "EAI_FAIL", "EADDRNOTAVAIL"].includes(errnoOf(cause));
}

function tooLate(watched: readonly Watched[], { timeout, gone }: Waiting): NcxError {
  const late = watched.filter(({ ready }) => !ready);
  const names = late.map(({ name, last }) => (last ? `${name} (${stateOf(last)})` : name));
  const unknown = late.some(({ last }) => last !== undefined);
  const what = gone ? (unknown ? "not known to be gone" : "still there") : "not there";
  const state = `${what} after ${formatDuration(timeout)}`;
  const cause = late[0]?.last;
  const hint = late.find(({ last }) => last?.hint !== undefined)?.last?.hint;
  return new NcxError("TIMEOUT", `Cannot wait any longer for ${names.join(", ")}: ${state}`, {
    state,
    ...(cause && { cause }),
    ...(hint !== undefined && !gone && { hint }),
  });
}

function stateOf(error: NcxError): string {
  const [, state] = describe(error);
  return state.charAt(0).toLowerCase() + state.slice(1);
}

/** The life of one link: its rules, whoever moves its bytes. */
import { onAbort } from "../core/abort.ts";
import { formatEndpoint, type Endpoint } from "../core/endpoint.ts";
import { NcxError, wrap } from "../core/errors.ts";
import type {
  Connection,
  Direction,
  LinkReason,
  LinkReport,
  LiveLink,
  Mover,
  Observer,
  Side,
} from "./connection.ts";
import type { Eof, LinkOptions } from "./link-options.ts";
import { streamMover } from "./stream-mover.ts";

/** Bytes in one direction from which on the direct way pays, and after which it is asked for again. */
const BULK_BYTES = 262_144;

/** What ended the link before its time. */
interface Breakage {
  readonly reason: LinkReason;
  readonly side: Side;
  readonly error?: NcxError;
}

const NOBODY: readonly Observer[] = [];

/** The rules of a link's life; a mover does the moving. */
export class Life implements LiveLink {
  readonly #left: Connection;
  readonly #right: Connection;
  readonly #options: LinkOptions;
  readonly #observers: readonly Observer[];
  readonly #started = performance.now();
  readonly #bytes: Record<Direction, number> = { forward: 0, backward: 0 };
  /** open ─ended()─▶ ended ─flush─▶ ending ─▶ flushed */
  readonly #flows: Record<Direction, "open" | "ended" | "ending" | "flushed"> = {
    forward: "open",
    backward: "open",
  };
  readonly filters: LiveLink["filters"];
  /** Bytes in one direction at which the direct way is asked for; never, where there is none. */
  #askAt = BULK_BYTES;
  #mover: Mover | undefined;
  #resolve: (report: LinkReport) => void = () => {};
  #forget: () => void = () => {};
  #breakage: Breakage | undefined;
  #over = false;
  #idle: NodeJS.Timeout | undefined;
  #quiet: NodeJS.Timeout | undefined;
  #linger: NodeJS.Timeout | undefined;

  constructor(left: Connection, right: Connection, options: LinkOptions) {
    this.#left = left;
    this.#right = right;
    this.#options = options;
    this.#observers = options.observers ?? NOBODY;
    const { forward = [], backward = [] } = options;
    if (forward.length + backward.length > 0) this.filters = { forward, backward };
    if (!left.direct || ![...forward, ...backward].every((filter) => filter.inline))
      this.#askAt = Infinity;
  }

  /** Runs until the link is over. */
  run(): Promise<LinkReport> {
    const { idleAfterEnd, signal } = this.#options;
    const done = new Promise<LinkReport>((resolve) => (this.#resolve = resolve));
    this.#goDirect();
    this.#mover ??= streamMover(this.#left, this.#right, this, this.#options);
    for (const observer of this.#observers) observer.onOpen?.(this.#right);
    if (idleAfterEnd === undefined) this.#watchSilence(1);
    this.#forget = onAbort(signal, () => this.#finish({ reason: "aborted" }));
    return done;
  }

  get bulk(): boolean {
    return this.#bytes.forward + this.#bytes.backward >= BULK_BYTES;
  }

  moved(direction: Direction, chunk: Uint8Array): void {
    const bytes = (this.#bytes[direction] += chunk.length);
    if (bytes >= this.#askAt) {
      this.#askAt = bytes + BULK_BYTES;
      queueMicrotask(() => this.#goDirect()); // this chunk is written by then
    }
    this.#idle?.refresh();
    if (direction === "forward") this.#quiet?.refresh();
    else if (this.#right.framing === "message") this.#linger?.refresh();
    for (const observer of this.#observers) observer.onData?.(this.#right, direction, chunk);
  }

  ended(direction: Direction): void {
    if (this.#over || this.#flows[direction] !== "open") return;
    this.#flows[direction] = "ended";
    if (this.#ruleOf(direction) !== "keep" || this.#breakage) this.#flush(direction);
    const { linger, idleAfterEnd } = this.#options;
    if (direction === "forward" && idleAfterEnd !== undefined) this.#watchSilence(idleAfterEnd);
    const waits = linger !== undefined && Number.isFinite(linger) && !this.#isNone(direction);
    if (direction === "forward" && waits) {
      this.#linger = setTimeout(() => this.#finish({ reason: "eof" }), linger);
    }
    this.#endIfAllEnded();
  }

  deafened(side: Side, error: unknown): void {
    const incoming: Direction = side === "left" ? "forward" : "backward";
    if (this.#flows[incoming] !== "open") return this.failed(side, error);
    this.#breakage ??= this.#breakageOf(side, error);
  }

  failed(side: Side, error?: unknown): void {
    const incoming: Direction = side === "left" ? "forward" : "backward";
    if (this.#over || (this.#breakage && this.#flows[incoming] !== "open")) return;
    this.#breakage ??= this.#breakageOf(side, error);
    // What had arrived goes out first; but a reset passes on at once to whoever can be reset.
    const outlet = side === "left" ? this.#right : this.#left;
    const flushed = this.#flows[incoming] === "flushed";
    if (flushed || (this.#breakage.reason === "reset" && "resetAndDestroy" in outlet.stream)) {
      this.#finish(this.#breakage);
    } else this.#flush(incoming);
  }

  /** Ends the link at the last of so many silences. */
  #watchSilence(times: number): void {
    const { idle } = this.#options;
    if (idle === undefined || this.#over) return;
    const expired = (): void =>
      times > 1 ? this.#watchSilence(times - 1) : this.#finish({ reason: "idle" });
    this.#idle = setTimeout(expired, idle);
  }

  /** Goes over to the carrier's own way, if there is one, and it can be taken now. */
  #goDirect(): void {
    const { forward, backward } = this.#flows;
    if (this.#askAt === Infinity || this.#over || this.#breakage) return;
    if (forward === "ending" || backward === "ending") return;
    const takeOver = this.#left.direct?.(this.#right, this);
    if (!takeOver) return;
    this.#askAt = Infinity;
    this.#mover?.release?.();
    this.#mover = takeOver();
  }

  #breakageOf(side: Side, error: unknown): Breakage {
    if (error === undefined) return { reason: "eof", side };
    const { remote } = side === "left" ? this.#left : this.#right;
    const reported = wrap(actOn(remote, error), error, { endpoint: remote });
    if (reported.code === "RESET") return { reason: "reset", side, error: reported };
    // A filter's bound is one of ours; the system's (no space, too many files) are errors.
    const bound = error instanceof NcxError && error.code === "LIMIT";
    return { reason: bound ? "limit" : "error", side, error: reported };
  }

  #flush(direction: Direction): void {
    if (this.#flows[direction] === "ending" || this.#flows[direction] === "flushed") return;
    this.#flows[direction] = "ending";
    this.#mover?.end(direction, () => {
      this.#flows[direction] = "flushed";
      if (this.#breakage) return this.#finish(this.#breakage);
      if (this.#ruleOf(direction) === "close") this.#settle(direction);
      this.#endIfAllEnded();
    });
  }

  /** The link is to end with this direction; only the left side's input may still have something to say. */
  #settle(direction: Direction): void {
    const { settle = 0 } = this.#options;
    if (direction === "forward" || settle === 0) return this.#finish({ reason: "eof" });
    if (this.#flows.forward !== "open" || !Number.isFinite(settle)) return;
    this.#quiet = setTimeout(() => this.#finish({ reason: "eof" }), settle);
  }

  #endIfAllEnded(): void {
    const { forward, backward } = this.#flows;
    if (forward === "open" || backward === "open") return;
    this.#flush("forward");
    this.#flush("backward");
    if (this.#flows.forward === "flushed" && this.#flows.backward === "flushed")
      this.#finish({ reason: "eof" });
  }

  #ruleOf(direction: Direction): Eof {
    const rule = this.#givenRule(direction);
    if (rule !== "half-close-if-any") return rule;
    return this.#isNone(direction) ? "keep" : "half-close";
  }

  /** Whether this input has ended without a byte, and so counts as none at all. */
  #isNone(direction: Direction): boolean {
    return this.#givenRule(direction) === "half-close-if-any" && this.#bytes[direction] === 0;
  }

  #givenRule(direction: Direction): Eof {
    const { eof = {} } = this.#options;
    return (direction === "forward" ? eof.left : eof.right) ?? "half-close";
  }

  #finish({ reason, side, error }: Partial<Breakage> & { reason: LinkReason }): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#idle);
    clearTimeout(this.#quiet);
    clearTimeout(this.#linger);
    this.#forget();
    this.#mover?.stop(reason, side);
    const duration = performance.now() - this.#started;
    const { forward, backward } = this.#bytes;
    const report: LinkReport = error
      ? { forward, backward, duration, reason, error }
      : { forward, backward, duration, reason };
    for (const observer of this.#observers) observer.onClose?.(this.#right, report);
    this.#resolve(report);
  }
}

function actOn(remote: Endpoint, error: unknown): string {
  if (remote.kind !== "stdio") return `go on with ${formatEndpoint(remote)}`;
  const reads = error instanceof Error && "syscall" in error && error.syscall === "read";
  return reads ? "read from stdin" : "write to stdout";
}

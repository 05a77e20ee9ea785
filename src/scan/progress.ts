/** How far a scan is, and how long the rest may take. */
import { ASKED_AT_ONCE } from "../transport/ask.ts";
import type { ScanProgress, Timing } from "./options.ts";
import type { PortLists, Protocol } from "./ports.ts";

/** Milliseconds between two looks, whether there are answers or not: silent ports take time as well. */
export const PACE = 200;
/** Milliseconds without anything new after which what is left counts as silent. */
const SILENCE = 500;

/** How far the ports of one protocol are. */
export interface Asked {
  readonly total: number;
  readonly done: number;
  /** Those that were silent the first time: they are asked again once all others have been asked. */
  readonly silent: number;
  /** Milliseconds since it began, and since anything has changed. */
  readonly elapsed: number;
  readonly still: number;
}

/**
 * Milliseconds that the rest of one protocol's ports take. What has not been asked takes as long as what has been, or,
 * when nothing comes any more, as long as silence is waited for; and what is silent is asked again, with twice the time.
 */
export function timeLeft(
  { total, done, silent, elapsed, still }: Asked,
  timing: Timing,
  protocol: Protocol,
): number {
  const { start, most, timeout, retries, gap } = timing;
  if (done >= total) return 0;
  // Each answer lets one more be asked at once.
  const width = Math.min(most, protocol === "udp" ? ASKED_AT_ONCE : start + done);
  const inTurn = (count: number, patience: number): number =>
    Math.max(Math.ceil(count / width) * patience, count * gap);
  const again = (count: number): number => inTurn(count, 2 * timeout * retries);
  const seen = done + silent;
  const unseen = total - seen;
  if (unseen <= 0) return again(total - done) - still;
  if (seen === 0 || still > SILENCE + 2 * gap)
    return inTurn(unseen, timeout) + again(silent + unseen) - still;
  return (elapsed / seen) * unseen + again((silent / seen) * total) - still;
}

/** Counts the answers of the first phase. */
export class PortsMeter {
  readonly #timing: Timing;
  readonly #total: Readonly<Record<Protocol, number>>;
  readonly #done = { tcp: 0, udp: 0 };
  readonly #silent = { tcp: () => 0, udp: () => 0 };
  #asking: Protocol = "tcp";
  #began = performance.now();
  #seen = 0;
  #heard = this.#began;

  constructor(ports: PortLists, hosts: number, timing: Timing) {
    this.#timing = timing;
    this.#total = { tcp: ports.tcp.length * hosts, udp: ports.udp.length * hosts };
  }

  /** The ports of this protocol are asked now; `silent` counts those that were silent the first time. */
  begin(protocol: Protocol, silent: () => number): void {
    this.#asking = protocol;
    this.#silent[protocol] = silent;
    this.#seen = 0;
    this.#began = this.#heard = performance.now();
  }

  add(count: number): void {
    this.#done[this.#asking] += count;
  }

  now(): ScanProgress {
    const { tcp, udp } = this.#done;
    const time = performance.now();
    const seen = this.#done[this.#asking] + this.#silent[this.#asking]();
    if (seen !== this.#seen) [this.#seen, this.#heard] = [seen, time];
    const left = this.#leftOf("tcp", time) + this.#leftOf("udp", time);
    const total = this.#total.tcp + this.#total.udp;
    return { phase: "ports", done: tcp + udp, total, ...(left > 0 && { left }) };
  }

  #leftOf(protocol: Protocol, time: number): number {
    const isNow = protocol === this.#asking;
    const asked = {
      total: this.#total[protocol],
      done: this.#done[protocol],
      silent: this.#silent[protocol](),
      elapsed: isNow ? time - this.#began : 0,
      still: isNow ? time - this.#heard : 0,
    };
    return timeLeft(asked, this.#timing, protocol);
  }
}

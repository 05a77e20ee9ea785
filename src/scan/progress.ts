/** How far a scan is, and how long the rest may take. */
import { ASKED_AT_ONCE } from "../transport/ask.ts";
import type { Timing } from "./options.ts";
import type { PortLists, Protocol } from "./ports.ts";

export interface ScanProgress {
  /** First all ports are asked; then, with `banner`, those that are open who they are. */
  readonly phase: "ports" | "banners";
  /** Ports that have an answer, or are known to give none, of so many. */
  readonly done: number;
  readonly total: number;
  /** Milliseconds that the rest takes if all of it is silent, as long as nothing gets lost on the way. */
  readonly atMost: number;
}

const PROTOCOLS: readonly Protocol[] = ["tcp", "udp"];

/** Counts the answers of the first phase: `add` says where it is then. */
export function portsMeter(
  ports: PortLists,
  hosts: number,
  timing: Timing,
): { add(protocol: Protocol, count: number): ScanProgress } {
  const total = (ports.tcp.length + ports.udp.length) * hosts;
  const done = { tcp: 0, udp: 0 };
  const silence = (protocol: Protocol): number => {
    const left = ports[protocol].length * hosts - done[protocol];
    if (left <= 0) return 0;
    const { start, most, timeout, retries, gap } = timing;
    // Each answer lets one more be asked at once; asked again, a port has twice the time.
    const width =
      protocol === "udp" ? Math.min(most, ASKED_AT_ONCE) : Math.min(most, start + done.tcp);
    const patience = timeout * (1 + 2 * retries);
    return Math.max(Math.ceil(left / width) * patience, left * gap + patience);
  };
  return {
    add(protocol, count) {
      done[protocol] += count;
      const atMost = PROTOCOLS.reduce((sum, one) => sum + silence(one), 0);
      return { phase: "ports", done: done.tcp + done.udp, total, atMost };
    },
  };
}

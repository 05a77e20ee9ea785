/** Results, host by host: each one that is told, and how many there were of those that are many alike. */
import type { PortState, Protocol, ScanResult } from "../../scan/index.ts";

/** More ports than this in one state, other than open, are counted and not listed. */
const MOST_LISTED = 25;

export interface Tally {
  readonly state: PortState;
  readonly protocol: Protocol;
  readonly reason: string;
  count: number;
}

export interface HostReport {
  readonly host: string;
  readonly address: string;
  /** By protocol and port. */
  readonly listed: readonly ScanResult[];
  readonly hidden: readonly Tally[];
  /** Anything at all was heard of it. */
  readonly up: boolean;
  /** What was heard, or why nothing was. */
  readonly reason: string;
}

export class Gathered {
  readonly #hosts = new Map<string, HostResults>();
  readonly #openOnly: boolean;
  open = 0;

  constructor(openOnly: boolean) {
    this.#openOnly = openOnly;
  }

  add(result: ScanResult): void {
    if (result.state === "open") this.open += 1;
    let host = this.#hosts.get(result.address);
    if (!host) this.#hosts.set(result.address, (host = new HostResults(result)));
    host.add(result);
  }

  /** `named` adds the service to what has none yet: what is closed. */
  reports(named: (result: ScanResult) => ScanResult): HostReport[] {
    return Array.from(this.#hosts.values(), (host) => host.report(this.#openOnly, named));
  }
}

class HostResults {
  readonly #first: ScanResult;
  readonly #tallies: (Tally & { readonly some: ScanResult[] })[] = [];

  constructor(first: ScanResult) {
    this.#first = first;
  }

  add(result: ScanResult): void {
    const { state, protocol, reason } = result;
    let tally = this.#tallies.find(
      (one) => one.state === state && one.reason === reason && one.protocol === protocol,
    );
    if (!tally) this.#tallies.push((tally = { state, protocol, reason, count: 0, some: [] }));
    tally.count += 1;
    if (state === "open" || tally.some.length < MOST_LISTED) tally.some.push(result);
  }

  report(openOnly: boolean, named: (result: ScanResult) => ScanResult): HostReport {
    const { host, address } = this.#first;
    const all = this.#tallies;
    const isListed = ({ state, count }: Tally): boolean =>
      state === "open" || (count <= MOST_LISTED && !openOnly);
    const listed = all
      .filter(isListed)
      .flatMap(({ some }) => some.map(named))
      .sort((a, b) =>
        a.protocol < b.protocol ? -1 : a.protocol > b.protocol ? 1 : a.port - b.port,
      );
    const hidden = all.filter((tally) => !isListed(tally)).sort((a, b) => b.count - a.count);
    const heard = all.find(
      ({ reason }) => !/^(no-response|host-unreach|net-unreach|host-timeout)$/.test(reason),
    );
    const reason = heard?.reason ?? all[0]?.reason ?? "no-response";
    return { host, address, listed, hidden, up: heard !== undefined, reason };
  }
}

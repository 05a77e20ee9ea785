/** What a scan takes, and what it does without. */
import type { NcxError } from "../core/errors.ts";
import type { PortCategory } from "../core/port-category.ts";
import type { Banner } from "./banner/banner.ts";
import type { PortLists, Protocol } from "./ports.ts";

export type PortState = "open" | "closed" | "filtered" | "open|filtered";

export interface ScanResult {
  /** The target's name as given, or its address. */
  readonly host: string;
  /** Numeric. */
  readonly address: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly state: PortState;
  /** Why: syn-ack, conn-refused, no-response, host-unreach, net-unreach, admin-prohibited, udp-response, port-unreach. */
  readonly reason: string;
  /** What the port is registered for, where it isn't closed: of those there may be tens of thousands. */
  readonly service?: string;
  readonly category: PortCategory;
  /** What answered, with `banner`. */
  readonly banner?: Banner;
}

export interface ScanProgress {
  /** First all ports are asked; then, with `banner`, those that are open who they are. */
  readonly phase: "ports" | "banners";
  /** Ports that have an answer, or are known to give none, of so many. */
  readonly done: number;
  readonly total: number;
  /** Milliseconds that the rest will take, as far as can be told. Undefined where it has taken longer than was told. */
  readonly left?: number;
}

export interface ScanOptions {
  /** In nmap's syntax (`22,80-90,U:53`), or the lists. @default {the 1000 most usual of TCP, 100 of UDP} */
  ports?: string | PortLists | readonly number[];
  /** So many of the most usual ports, where `ports` names none. */
  top?: number;
  /** Ports to leave out. */
  excludePorts?: string;
  /** @default {["tcp"]} */
  protocols?: readonly Protocol[];
  /** Hosts to leave out, in nmap's syntax. */
  exclude?: readonly string[];
  /** From 0, patient, to 5, in a hurry. @default {3} */
  timing?: number;
  /** Probes a second at most. */
  rate?: number;
  /** Probes at once at most. */
  concurrency?: number;
  /** Milliseconds that a port may be silent; when it is asked again, twice as many. */
  timeout?: number;
  /** How often a silent port is asked again. Default: once, more often while silent ports of its host answer then. */
  retries?: number;
  /** Milliseconds for each host; what is left of it then isn't asked. Default: without limit. */
  hostTimeout?: number;
  /** Ask open ports who they are, once all others are told. @default {false} */
  banner?: boolean;
  /** The family of a name's address. A numeric target of the other one is refused. Default: v4, else v6. */
  family?: 4 | 6;
  /** Numeric addresses only: no name is looked up. @default {false} */
  numeric?: boolean;
  /** Allow more than 65,536 addresses. @default {false} */
  large?: boolean;
  /** Node's own TCP handles, where they can be had, instead of sockets. @default {true} */
  raw?: boolean;
  /** A target that cannot be scanned: its name isn't known. The others go on. Default: it is thrown. */
  onError?: (error: NcxError, target: string) => void;
  /** Called when it begins, whenever there are answers, and five times a second. */
  onProgress?: (progress: ScanProgress) => void;
  signal?: AbortSignal;
}

export interface Timing {
  readonly start: number;
  readonly most: number;
  readonly timeout: number;
  readonly retries: number;
  /** While there are losses. */
  readonly mostRetries: number;
  readonly gap: number;
}

/** -T0 to -T5. The gaps of the first three are nmap's: they are meant to stay unseen. */
const TIMINGS: readonly Timing[] = [
  { start: 1, most: 1, timeout: 5000, retries: 2, mostRetries: 10, gap: 300_000 },
  { start: 1, most: 1, timeout: 5000, retries: 2, mostRetries: 10, gap: 15_000 },
  { start: 1, most: 1, timeout: 3000, retries: 2, mostRetries: 10, gap: 400 },
  { start: 100, most: 512, timeout: 1000, retries: 1, mostRetries: 10, gap: 0 },
  { start: 100, most: 1024, timeout: 750, retries: 1, mostRetries: 6, gap: 0 },
  { start: 100, most: 2048, timeout: 300, retries: 1, mostRetries: 2, gap: 0 },
];

/** @throws {RangeError} for a number out of range. */
export function timingOf(options: ScanOptions): Timing {
  const { timing = 3, rate, concurrency, timeout, retries } = options;
  const preset = TIMINGS[timing];
  if (!preset) throw new RangeError(`timing must be 0 to 5, not ${timing}`);
  for (const [name, value] of Object.entries({ rate, concurrency, timeout }))
    if (value !== undefined && !(value > 0))
      throw new RangeError(`${name} must be more than 0, not ${value}`);
  if (retries !== undefined && !(Number.isInteger(retries) && retries >= 0))
    throw new RangeError(`retries must be 0 or more, not ${retries}`);
  const most =
    concurrency ??
    (rate !== undefined && preset.most === 1 ? TIMINGS[3]?.most : undefined) ??
    preset.most;
  return {
    most,
    start: Math.min(concurrency ?? Math.max(preset.start, 1), most),
    timeout: timeout ?? preset.timeout,
    retries: retries ?? preset.retries,
    mostRetries: retries ?? preset.mostRetries,
    gap: rate === undefined ? preset.gap : 1000 / rate,
  };
}

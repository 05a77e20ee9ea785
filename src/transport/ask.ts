/** Datagrams to very many places: which of them answers, which says that nobody is there? */
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { onAbort } from "../core/abort.ts";
import { errnoOf, wrap } from "../core/errors.ts";
import { sleep } from "../core/sleep.ts";
import type { ProbeAnswer } from "./sweep.ts";

export interface AskOptions {
  /** Numeric. */
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
  /** Places asked at once at most. */
  readonly most: number;
  /** Milliseconds that a place may be silent; twice as many when it is asked again. */
  readonly timeout: number;
  /** How often a silent place is asked again. */
  readonly retries: number;
  /** How often at most, while others of its host that had been silent answer. */
  readonly mostRetries: number;
  /** Milliseconds between two questions. */
  readonly gap: number;
  /** What to ask of a port. Default: an empty datagram. */
  readonly question: (port: number) => Buffer | undefined;
  /** Milliseconds for each address. */
  readonly hostTimeout?: number;
  readonly signal?: AbortSignal;
  /** Called at the beginning, with what counts the places that were silent the first time, and are asked again. */
  readonly onStart?: (silent: () => number) => void;
}

/**
 * A system tells of closed ports by ICMP, and only so many a second (Linux: one, to another host): many questions at
 * once would make it silent. So many at the start, and when answers have been lost.
 */
export const ASKED_AT_ONCE = 64;
const FLOOR = 2;
const SCARCE = new Set([
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
  "EADDRNOTAVAIL",
  "EADDRINUSE",
  "EAGAIN",
]);
/** Milliseconds of rest when the system has no more, and how often. */
const REST = 50;
const MOST_RESTS = 200;

/** Asks every place; gives the answers in the order of their coming. Place number i is as in a Sweep. */
export async function* askPlaces(
  options: AskOptions,
): AsyncGenerator<readonly ProbeAnswer[], void> {
  const { addresses, ports, most, signal } = options;
  const total = addresses.length * ports.length;
  const answers: ProbeAnswer[] = [];
  const ending = new AbortController();
  const either = signal ? AbortSignal.any([signal, ending.signal]) : ending.signal;
  const tell = (answer: ProbeAnswer): void => {
    answers.push(answer);
    wake?.();
  };
  let wake: (() => void) | undefined;
  let failure: Error | undefined;
  let running = Math.min(most, ASKED_AT_ONCE, total);
  const questions = new Questions(options, running, tell, either);
  options.onStart?.(() => questions.silent);
  const workers = Array.from({ length: running }, () =>
    questions
      .work()
      .catch((error: unknown) => (failure ??= wrap("scan", error)))
      .finally(() => {
        running -= 1;
        wake?.();
      }),
  );
  try {
    while (running > 0 || answers.length > 0) {
      if (answers.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      if (failure !== undefined) throw failure;
      if (answers.length > 0) yield answers.splice(0);
    }
  } finally {
    ending.abort();
    await Promise.all(workers);
  }
}

interface Question {
  readonly index: number;
  readonly attempt: number;
}

/** What is left to be asked, by as many workers as the hosts' answers allow. */
class Questions {
  readonly #options: AskOptions;
  readonly #tell: (answer: ProbeAnswer) => void;
  readonly #signal: AbortSignal;
  readonly #again: Question[] = [];
  /** When each address was first asked, and when a place of it answered that had been silent before. */
  readonly #started = new Map<string, number>();
  readonly #regained = new Map<string, number>();
  silent = 0;
  #window: number;
  #lessened = -Infinity;
  #workers = 0;
  #next = 0;
  #slot = performance.now();

  constructor(
    options: AskOptions,
    window: number,
    tell: (answer: ProbeAnswer) => void,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#window = window;
    this.#tell = tell;
    this.#signal = signal;
  }

  /** One worker, until nothing is left, or until there are more than may be. */
  async work(): Promise<void> {
    this.#workers += 1;
    for (let question = this.#take(); question; question = this.#take()) {
      await this.#turn();
      await this.#settle(question);
      if (this.#workers > this.#window) break; // those who stay see to what it has put off
    }
    this.#workers -= 1;
  }

  /** What is new first, so that what was silent has had some time. */
  #take(): Question | undefined {
    const { addresses, ports } = this.#options;
    if (this.#next >= addresses.length * ports.length) return this.#again.shift();
    this.#next += 1;
    return { index: this.#next - 1, attempt: 0 };
  }

  async #turn(): Promise<void> {
    const { gap } = this.#options;
    if (gap === 0) return;
    const wait = this.#slot - performance.now();
    this.#slot = Math.max(this.#slot, performance.now()) + gap;
    if (wait > 0) await sleep(wait, this.#signal);
  }

  async #settle({ index, attempt }: Question): Promise<void> {
    const {
      addresses,
      ports,
      hostTimeout = Infinity,
      timeout,
      retries,
      mostRetries,
    } = this.#options;
    const address = addresses[Math.floor(index / ports.length)] ?? "";
    const began = performance.now();
    const since = this.#started.get(address) ?? began;
    this.#started.set(address, since);
    if (began - since > hostTimeout) return this.#tell({ index, outcome: "skipped" });
    const outcome = await this.#ask(address, ports[index % ports.length] ?? 0, attempt);
    if (outcome !== "silent") {
      if (attempt > 0) this.#regain(address);
      return this.#tell({ index, outcome });
    }
    // Its neighbours, of which some may have answered, were asked a little before it.
    const isLossy = (this.#regained.get(address) ?? -Infinity) > began - timeout;
    if (attempt < retries || (attempt < mostRetries && isLossy)) {
      if (attempt === 0) this.silent += 1;
      this.#again.push({ index, attempt: attempt + 1 });
    } else this.#tell({ index, outcome });
  }

  #regain(address: string): void {
    const now = performance.now();
    this.#regained.set(address, now);
    if (now - this.#lessened < this.#options.timeout) return;
    this.#lessened = now;
    this.#window = Math.max(Math.min(FLOOR, this.#window), Math.floor(this.#window / 2));
  }

  async #ask(address: string, port: number, attempt: number): Promise<string> {
    const { timeout, question } = this.#options;
    const patience = timeout * (attempt > 0 ? 2 : 1);
    const bytes = question(port) ?? Buffer.alloc(0);
    for (let rests = 0; ; rests += 1) {
      const outcome = await askOnce(address, port, bytes, patience, this.#signal);
      this.#signal.throwIfAborted();
      if (!SCARCE.has(outcome) || rests >= MOST_RESTS) return outcome;
      await sleep(REST, this.#signal);
    }
  }
}

function askOnce(
  address: string,
  port: number,
  question: Buffer,
  patience: number,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket({
      type: isIPv6(address) ? "udp6" : "udp4",
      lookup: (name, _options, found) => found(null, name, isIPv6(name) ? 6 : 4),
    });
    const timer = setTimeout(() => settle("silent"), patience);
    const forget = onAbort(signal, () => settle("silent"));
    let settled = false;
    function settle(outcome: string): void {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      forget();
      socket.close();
      resolve(outcome);
    }
    const failed = (error: unknown): void => settle(errnoOf(error) || "EIO");
    socket.on("error", failed).once("message", () => settle("open"));
    socket.connect(port, address, (error?: Error) => {
      if (settled) return;
      if (error) return failed(error);
      socket.send(question, (unsent) => unsent && failed(unsent));
    });
  });
}

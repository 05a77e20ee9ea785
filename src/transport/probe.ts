/**
 * Connect probes at scanning speed: which of very many places take a connection?
 *
 * `sweeper` stands on its own, because its text is also what a worker thread runs: it may use nothing of this file.
 */
import type { Socket, isIPv6 } from "node:net";

/** Everything to be asked: probe number i is port i % ports.length of address floor(i / ports.length). */
export interface Sweep {
  /** Numeric. */
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
  /** Probes under way at once: at the start, and at most. */
  readonly start: number;
  readonly most: number;
  /** Milliseconds that a place may be silent. */
  readonly timeout: number;
  /** How often a silent place is asked again. */
  readonly retries: number;
  /** How often at most, while others of its host that had been silent answer: some of what is sent gets lost. */
  readonly mostRetries: number;
  /** Milliseconds between the starts of two probes; 0: none. */
  readonly gap: number;
  /** Milliseconds for each address, Infinity for no limit. */
  readonly hostTimeout: number;
  /** Uses Node's own TCP handles without a socket around them, where they can be had. */
  readonly raw: boolean;
  /** Where the next probe number is taken from, and how many places were silent the first time: shared by all threads. */
  readonly next: Int32Array;
}

/** Numbers in pairs: the probe's, and its outcome: 0 open, 1 silence, 2 met itself, 3 not asked any more, else the system's (negative). */
export type Outcomes = readonly number[];

/** What a sweep needs of Node. */
export interface Means {
  readonly net: { readonly Socket: typeof Socket };
  /** The name of the system's error number: ECONNREFUSED. */
  readonly nameOf: (status: number) => string;
  readonly isIPv6: typeof isIPv6;
}

export interface Sweeper {
  /** Ends it, and closes everything. */
  stop(): void;
}

/** Asks until there is nothing left; `emit` gets the outcomes as they come, `done` is called at the end. */
export function sweeper(
  sweep: Sweep,
  { net, nameOf, isIPv6 }: Means,
  emit: (outcomes: Outcomes) => void,
  done: () => void,
): Sweeper {
  /** Private to Node: a TCP handle, and a request to connect. */
  interface Handle {
    connect(request: object, address: string, port: number): number;
    connect6(request: object, address: string, port: number): number;
    getsockname(out: { port?: number; address?: string }): number;
    close(): void;
    reset?(done: () => void): number;
    constructor: unknown;
  }
  interface Kinds {
    readonly Handle: new (kind: number) => Handle;
    readonly Request: new () => { oncomplete?: (status: number) => void };
  }
  interface Slot {
    index: number;
    attempt: number;
    began: number;
    deadline: number;
    /** Rises with each probe, so that a late answer to an earlier one is known. */
    turn: number;
    handle: Handle | undefined;
    /** That the handle has been refused by. */
    address: string;
    socket: Socket | undefined;
    busy: boolean;
  }

  const OPEN = 0;
  const SILENCE = 1;
  const SELF = 2;
  const SKIPPED = 3;
  /** Probe numbers taken at once, outcomes told at once. */
  const CHUNK = 512;
  const BATCH = 2048;
  /** Milliseconds between looks at the clock, and of rest when the system has no more. */
  const TICK = 20;
  const REST = 50;
  /** Probes at once that losses leave, and what they leave of the window each time. */
  const FLOOR = 5;
  const LESS = 0.5;
  /** How often the system's lack of something may put a probe off. */
  const MOST_PUT_OFF = 200;
  const SCARCE = ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EADDRNOTAVAIL", "EADDRINUSE", "EAGAIN"];

  const { addresses, ports, timeout, retries, mostRetries, gap, next, hostTimeout } = sweep;
  const since = new Map<string, number>();
  /** When a place of that address answered that had been silent before. */
  const regained = new Map<string, number>();
  const total = addresses.length * ports.length;
  const isV6 = new Map(addresses.map((address) => [address, isIPv6(address)]));
  const slots: Slot[] = [];
  const again: { index: number; attempt: number }[] = [];
  const putOffs = new Map<number, number>();
  const names = new Map<number, string>();
  let outcomes: number[] = [];
  let window = Math.max(1, Math.min(sweep.start, sweep.most));
  let chunk = 0;
  let chunkEnd = 0;
  let busy = 0;
  let resting = 0;
  let lessened = -Infinity;
  let notBefore = 0;
  let now = performance.now();
  let pumping = false;
  let ended = false;
  let kinds: Kinds | undefined;
  const idle: Slot[] = [];
  const timer = setInterval(tick, gap > 0 && gap < TICK ? gap : TICK);

  if (sweep.raw) findKinds((found) => ((kinds = found), pump()));
  else pump();
  return { stop: finish };

  /** Learns Node's constructors from a socket that is made to connect, and is stopped from it. */
  function findKinds(found: (kinds: Kinds | undefined) => void): void {
    const socket = new net.Socket();
    socket.on("error", () => {});
    const giveUp = setTimeout(() => answer(undefined), 100);
    function answer(result: Kinds | undefined): void {
      clearTimeout(giveUp);
      socket.destroy();
      found(result);
    }
    try {
      socket.connect({ host: "127.0.0.1", port: 1 });
      // Private to Node: absent or different, the sockets are used as they are.
      const { _handle: handle } = socket as unknown as { _handle?: Handle };
      if (typeof handle?.connect !== "function" || typeof handle.getsockname !== "function")
        return answer(undefined);
      handle.connect = (request: object) => {
        const Request = request.constructor as Kinds["Request"];
        const Handle = handle.constructor as Kinds["Handle"];
        queueMicrotask(() => answer({ Handle, Request }));
        return -22;
      };
    } catch {
      answer(undefined);
    }
  }

  function tick(): void {
    now = performance.now();
    if (resting > 0 && now >= resting) resting = 0;
    for (const slot of slots) {
      if (!slot.busy || slot.deadline > now) continue;
      discard(slot);
      conclude(slot, SILENCE);
    }
    flush();
    pump();
  }

  /** Starts probes until as many are under way as may be. */
  function pump(): void {
    if (pumping || ended || resting > 0) return;
    pumping = true;
    while (busy < window && resting === 0 && !ended) {
      if (gap > 0) {
        now = performance.now();
        if (now < notBefore) break;
      }
      const slot = idle.pop() ?? makeSlot();
      if (!take(slot)) {
        idle.push(slot);
        break;
      }
      if (gap > 0) notBefore = Math.max(notBefore, now - TICK) + gap;
      begin(slot);
    }
    pumping = false;
    if (busy === 0 && again.length === 0 && exhausted()) finish();
  }

  function makeSlot(): Slot {
    const slot: Slot = {
      index: 0,
      attempt: 0,
      began: 0,
      deadline: 0,
      turn: 0,
      handle: undefined,
      address: "",
      socket: undefined,
      busy: false,
    };
    slots.push(slot);
    return slot;
  }

  function exhausted(): boolean {
    return chunk >= chunkEnd && Atomics.load(next, 0) >= total;
  }

  /** The next probe: a new one first, so that what was silent has had some time. */
  function take(slot: Slot): boolean {
    if (chunk >= chunkEnd && !exhausted()) {
      chunk = Atomics.add(next, 0, CHUNK);
      chunkEnd = Math.min(chunk + CHUNK, total);
    }
    slot.attempt = 0;
    if (chunk < chunkEnd) {
      slot.index = chunk;
      chunk += 1;
      return true;
    }
    const old = again.shift();
    if (!old) return false;
    slot.index = old.index;
    slot.attempt = old.attempt;
    return true;
  }

  function begin(slot: Slot): void {
    const address = addressAt(slot.index);
    const port = ports[slot.index % ports.length] ?? 0;
    slot.busy = true;
    slot.turn += 1;
    // A place that was silent once is given twice the time.
    slot.began = now;
    slot.deadline = now + timeout * (slot.attempt > 0 ? 2 : 1);
    busy += 1;
    if (hostTimeout < Infinity) {
      const first = since.get(address) ?? now;
      since.set(address, first);
      if (now - first > hostTimeout) return conclude(slot, SKIPPED);
    }
    if (kinds) beginRaw(slot, kinds, address, port);
    else beginPlain(slot, address, port);
  }

  function beginRaw(slot: Slot, { Handle, Request }: Kinds, address: string, port: number): void {
    const { turn } = slot;
    const request = new Request();
    request.oncomplete = (status) => {
      if (turn !== slot.turn || !slot.busy) return;
      const outcome = status === 0 && meetsItself(slot.handle, port, address) ? SELF : status;
      if (outcome === OPEN || outcome === SELF) discard(slot);
      else slot.address = address;
      conclude(slot, outcome);
      pump();
    };
    const reused = slot.handle !== undefined && slot.address === address;
    if (!reused) {
      discard(slot);
      slot.handle = new Handle(0);
    }
    let status = connect(slot.handle, request, address, port);
    // connect(2) on Linux: a refused socket answers once with ECONNABORTED, and can then be used again.
    if (reused && status !== 0) status = connect(slot.handle, request, address, port);
    if (reused && status !== 0) {
      discard(slot);
      slot.handle = new Handle(0);
      status = connect(slot.handle, request, address, port);
    }
    if (status === 0) return;
    discard(slot);
    conclude(slot, status);
  }

  function connect(
    handle: Handle | undefined,
    request: object,
    address: string,
    port: number,
  ): number {
    if (!handle) return -22;
    return isV6.get(address)
      ? handle.connect6(request, address, port)
      : handle.connect(request, address, port);
  }

  /** From the very port that it goes to, a connection to this host meets itself (RFC 9293 §3.5): nobody listens. */
  function meetsItself(handle: Handle | undefined, port: number, address: string): boolean {
    const own: { port?: number; address?: string } = {};
    return (
      handle?.getsockname(own) === 0 &&
      own.port === port &&
      own.address === address.replace(/%.*$/, "")
    );
  }

  function beginPlain(slot: Slot, address: string, port: number): void {
    const { turn } = slot;
    const socket = new net.Socket();
    slot.socket = socket;
    const settle = (outcome: number): void => {
      if (turn !== slot.turn || !slot.busy) return;
      discard(slot);
      conclude(slot, outcome);
      pump();
    };
    socket.once("connect", () =>
      settle(socket.localPort === port && socket.localAddress === address ? SELF : OPEN),
    );
    socket.on("error", (error) => {
      // A system error has its number; anything else is a silence that is told.
      const { errno } = error as { errno?: number };
      settle(typeof errno === "number" && errno < 0 ? errno : SILENCE);
    });
    socket.connect(port, address);
  }

  function discard(slot: Slot): void {
    const { handle, socket } = slot;
    slot.handle = undefined;
    slot.socket = undefined;
    slot.address = "";
    // With a reset, nothing is left in TIME_WAIT: ports of our own are scarce.
    if (socket) socket.resetAndDestroy();
    if (handle && handle.reset?.(() => {}) !== 0) handle.close();
  }

  function conclude(slot: Slot, outcome: number): void {
    const { index, attempt } = slot;
    slot.busy = false;
    busy -= 1;
    idle.push(slot);
    if (outcome < 0 && SCARCE.includes(name(outcome))) return putOff(index, attempt, outcome);
    const silent = outcome === SILENCE || (outcome < 0 && name(outcome) === "ETIMEDOUT");
    if (silent && isWorthMore(slot)) {
      if (attempt === 0) Atomics.add(next, 1, 1);
      again.push({ index, attempt: attempt + 1 });
      return;
    }
    if (!silent && outcome !== SKIPPED) adapt(slot);
    tell(index, silent ? SILENCE : outcome);
  }

  function isWorthMore({ index, attempt, began }: Slot): boolean {
    if (attempt < retries) return true;
    // Its neighbours, of which some may have answered, were asked a little before it.
    const lossy = (regained.get(addressAt(index)) ?? -Infinity) > began - timeout;
    return attempt < mostRetries && lossy;
  }

  /** Answers that come only when asked again were lost on the way: too many at once. */
  function adapt({ index, attempt }: Slot): void {
    now = performance.now();
    const settled = now - lessened > timeout;
    if (attempt === 0) {
      if (settled && window < sweep.most) window += 1;
      return;
    }
    regained.set(addressAt(index), now);
    if (!settled) return;
    window = Math.max(Math.min(window, FLOOR), Math.floor(window * LESS));
    lessened = now;
  }

  function addressAt(index: number): string {
    return addresses[Math.floor(index / ports.length)] ?? "";
  }

  /** The system has no more descriptors, ports or memory: again, slower. */
  function putOff(index: number, attempt: number, outcome: number): void {
    const times = (putOffs.get(index) ?? 0) + 1;
    if (times > MOST_PUT_OFF) return tell(index, outcome);
    putOffs.set(index, times);
    now = performance.now();
    if (resting === 0) {
      window = Math.max(1, Math.floor(Math.min(window, busy + 1) / 2));
      resting = now + REST;
    }
    again.push({ index, attempt });
  }

  function name(status: number): string {
    let found = names.get(status);
    if (found === undefined) names.set(status, (found = nameOf(status)));
    return found;
  }

  function tell(index: number, outcome: number): void {
    outcomes.push(index, outcome);
    if (outcomes.length >= BATCH) flush();
  }

  function flush(): void {
    if (outcomes.length === 0) return;
    const told = outcomes;
    outcomes = [];
    emit(told);
  }

  function finish(): void {
    if (ended) return;
    ended = true;
    clearInterval(timer);
    for (const slot of slots) discard(slot);
    flush();
    done();
  }
}

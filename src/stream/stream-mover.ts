/** Moves a link's bytes through the two streams, and through filters between them. */
import type { Duplex, Readable, Writable } from "node:stream";
import type { Connection, Direction, LinkReason, LiveLink, Mover, Side } from "./connection.ts";
import type { LinkOptions } from "./link-options.ts";

/** The way through the streams, which every pair of connections has. A filter is made for the right side. */
export function streamMover(
  left: Connection,
  right: Connection,
  live: LiveLink,
  options: LinkOptions,
): Mover {
  return new StreamMover(left, right, live, options);
}

// A relay may hold ten thousand links that say nothing: few closures and listeners each, hence the classes.

class StreamMover implements Mover {
  readonly #left: Duplex;
  readonly #right: Duplex;
  readonly #forward: Lane;
  readonly #backward: Lane;
  readonly #watches: readonly { stop(): void }[];

  constructor(left: Connection, right: Connection, live: LiveLink, options: LinkOptions) {
    this.#left = left.stream;
    this.#right = right.stream;
    this.#forward = openLane(
      "forward",
      left,
      right,
      live,
      options.forward?.map((make) => make(right)),
    );
    this.#backward = openLane(
      "backward",
      right,
      left,
      live,
      options.backward?.map((make) => make(right)),
    );
    this.#watches = [new Watch(left.stream, "left", live), new Watch(right.stream, "right", live)];
  }

  release(): void {
    this.#forward.stop();
    this.#backward.stop();
    for (const each of this.#watches) each.stop();
  }

  end(direction: Direction, done: () => void): void {
    (direction === "forward" ? this.#forward : this.#backward).end(done);
  }

  stop(reason: LinkReason, broken: Side | undefined): void {
    this.#forward.stop();
    this.#backward.stop();
    if (reason === "reset") resetStream(broken === "left" ? this.#right : this.#left);
  }
}

/** One direction: from a source, perhaps through filters, into a sink. */
interface Lane {
  end(done: () => void): void;
  stop(): void;
}

function openLane(
  direction: Direction,
  from: Connection,
  to: Connection,
  live: LiveLink,
  filters: readonly Duplex[] = [],
): Lane {
  if (filters.length === 0) return new Carrier(from.stream, to.stream, live, direction, true, true);
  return new FilteredLane(direction, from, to, live, filters);
}

/** Writes all that a source gives into a sink, no faster than the sink takes it. */
class Carrier implements Lane {
  readonly #source: Readable;
  readonly #sink: Writable;
  readonly #live: LiveLink;
  readonly #direction: Direction;
  /** Whether its bytes are those that observers see. */
  readonly #seen: boolean;
  /** Whether its sink is the other connection, and its end the direction's. */
  readonly #last: boolean;

  constructor(
    source: Readable,
    sink: Writable,
    live: LiveLink,
    direction: Direction,
    seen: boolean,
    last: boolean,
  ) {
    this.#source = source;
    this.#sink = sink;
    this.#live = live;
    this.#direction = direction;
    this.#seen = seen;
    this.#last = last;
    source.on("data", this.#onData).on("end", this.#onEnd);
    sink.on("drain", this.#onDrain);
    if (source.readableEnded) queueMicrotask(this.#onEnd);
  }

  end(done: () => void): void {
    endSink(this.#sink, done);
  }

  stop(): void {
    this.#source.off("data", this.#onData).off("end", this.#onEnd).pause();
    this.#sink.off("drain", this.#onDrain);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#sink.destroyed || this.#sink.writableEnded) return;
    if (this.#seen) this.#live.moved(this.#direction, chunk);
    if (!this.#sink.write(chunk)) this.#source.pause();
  };

  readonly #onEnd = (): void => {
    if (this.#last) this.#live.ended(this.#direction);
    else this.#sink.end();
  };

  readonly #onDrain = (): void => void this.#source.resume();
}

class FilteredLane implements Lane {
  readonly #filters: readonly Duplex[];
  readonly #carriers: readonly Carrier[];
  readonly #sink: Duplex;

  constructor(
    direction: Direction,
    from: Connection,
    to: Connection,
    live: LiveLink,
    filters: readonly Duplex[],
  ) {
    const stages: readonly Duplex[] = [from.stream, ...filters, to.stream];
    // Observers see what crosses the right side: after the forward filters, before the backward ones.
    const seen = direction === "forward" ? filters.length : 0;
    this.#filters = filters;
    this.#sink = to.stream;
    this.#carriers = stages.slice(1).map((sink, index) => {
      const source = stages[index] as Duplex; // the stage before it
      return new Carrier(source, sink, live, direction, index === seen, index === filters.length);
    });
    const side: Side = direction === "forward" ? "left" : "right";
    for (const filter of filters) filter.on("error", (error) => live.failed(side, error));
  }

  end(done: () => void): void {
    // One that broke passes no end on: the first after it has to be told.
    const head = this.#filters[this.#filters.findLastIndex((filter) => filter.destroyed) + 1];
    const tail = this.#filters.at(-1);
    if (!head || !tail || tail.readableEnded) return endSink(this.#sink, done);
    tail.once("close", () => endSink(this.#sink, done));
    head.end();
  }

  stop(): void {
    for (const carrier of this.#carriers) carrier.stop();
    for (const filter of this.#filters) filter.destroy();
  }
}

/** Ends a stream's output, and calls back once it is all out, or never will be. */
export function endSink(sink: Writable, done: () => void): void {
  if (sink.destroyed || sink.writableFinished) return queueMicrotask(done);
  const once = (): void => {
    sink.off("finish", once).off("close", once);
    done();
  };
  sink.on("finish", once).on("close", once);
  sink.end();
}

/**
 * Tells the link when a side's stream breaks, or closes before both its directions have ended. The error listener stays
 * after stop(), so that nothing that comes late is unhandled.
 */
export function watch(stream: Duplex, side: Side, live: LiveLink): { stop(): void } {
  return new Watch(stream, side, live);
}

class Watch {
  readonly #stream: Duplex;
  readonly #side: Side;
  #live: LiveLink | undefined;

  constructor(stream: Duplex, side: Side, live: LiveLink) {
    this.#stream = stream;
    this.#side = side;
    this.#live = live;
    stream.on("error", this.#onError);
    if (!stream.destroyed) stream.on("close", this.#onClose);
    else queueMicrotask(() => (stream.errored ? this.#onError(stream.errored) : this.#onClose()));
  }

  stop(): void {
    this.#live = undefined;
    this.#stream.off("close", this.#onClose);
  }

  readonly #onError = (error: unknown): void => this.#live?.failed(this.#side, error);

  readonly #onClose = (): void => {
    const { errored, readableEnded, writableFinished } = this.#stream;
    if (!errored && !(readableEnded && writableFinished)) this.#live?.failed(this.#side);
  };
}

/** Closes abruptly: with a RST where the carrier has one. */
export function resetStream(stream: Duplex): void {
  // net.Socket has this method; a unix socket's handle refuses it.
  if ("resetAndDestroy" in stream && "remotePort" in stream && stream.remotePort !== undefined) {
    (stream as Duplex & { resetAndDestroy(): void }).resetAndDestroy();
  } else stream.destroy();
}

import { once } from "node:events";
import { PassThrough, Transform, type Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { NcxError } from "../../../src/core/errors.ts";
import type {
  Connection,
  Direction,
  Filter,
  LinkReport,
  LiveLink,
  Mover,
} from "../../../src/stream/connection.ts";
import { type LinkOptions, link } from "../../../src/stream/link.ts";
import { type MemoryPair, type MemoryPairOptions, memoryPair } from "../../helpers/memory-pair.ts";

interface Linked {
  readonly left: MemoryPair["peer"];
  readonly right: MemoryPair["peer"];
  /** The two connections, as link() has them. */
  readonly near: { readonly left: Connection; readonly right: Connection };
  readonly report: Promise<LinkReport>;
}

/** Two pairs, linked: what `left` writes is read at `right`, and the other way round. */
function linked(options: LinkOptions = {}, pairs: MemoryPairOptions = {}): Linked {
  const [one, other] = [memoryPair(pairs), memoryPair(pairs)];
  return {
    left: one.peer,
    right: other.peer,
    near: { left: one.connection, right: other.connection },
    report: link(one.connection, other.connection, options),
  };
}

/** All that is still to come. Not by node:stream/consumers, which close the output as well at the end. */
async function text(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk)).resume();
  if (!stream.readableEnded) await once(stream, "end");
  return Buffer.concat(chunks).toString();
}

/** The next chunk, without touching the stream's end. */
async function read(stream: Readable): Promise<string> {
  const [chunk] = (await once(stream, "data")) as [Buffer];
  stream.pause();
  return chunk.toString();
}

/** Long enough for everything that isn't waiting for something to have happened. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await setImmediate();
}

const upper: Filter = () =>
  new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, chunk.toString().toUpperCase()),
  });

function append(mark: string): Filter {
  return () =>
    new Transform({
      transform: (chunk: Buffer, _encoding, done) => done(null, chunk.toString() + mark),
    });
}

const limit: Filter = () => {
  let left = 5;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      left -= chunk.length;
      if (left < 0) return done(new NcxError("LIMIT", "Cannot pass more than 5 bytes"));
      done(null, chunk);
    },
  });
};

describe("link() ends", () => {
  test("once both directions have, and tells the bytes of each", async () => {
    const { left, right, report } = linked();
    left.end("hello");
    right.end("good day");
    expect(await Promise.all([text(left), text(right)])).toEqual(["good day", "hello"]);
    expect(await report).toMatchObject({ forward: 5, backward: 8, reason: "eof" });
    expect((await report).duration).toBeGreaterThanOrEqual(0);
    expect((await report).error).toBeUndefined();
  });

  test("not when only the left side has: the answer still arrives", async () => {
    const { left, right, report } = linked();
    left.end("question");
    expect(await text(right)).toBe("question");
    right.end("answer");
    expect(await text(left)).toBe("answer");
    expect(await report).toMatchObject({ forward: 8, backward: 6, reason: "eof" });
  });

  test("not when only the right side has: the rest is still sent", async () => {
    const { left, right, report } = linked();
    right.end();
    expect(await text(left)).toBe("");
    left.end("rest");
    expect(await text(right)).toBe("rest");
    expect(await report).toMatchObject({ forward: 4, backward: 0, reason: "eof" });
  });

  test("for sides that had ended before, with what they had sent", async () => {
    const [one, other] = [memoryPair(), memoryPair()];
    one.peer.end("early");
    other.peer.end();
    await quiet();
    const report = link(one.connection, other.connection);
    expect(await text(other.peer)).toBe("early");
    expect(await report).toMatchObject({ forward: 5, reason: "eof" });
  });

  test("for a side whose end has already been read", async () => {
    const [one, other] = [memoryPair(), memoryPair()];
    one.peer.end();
    one.connection.stream.resume();
    await once(one.connection.stream, "end");
    const report = link(one.connection, other.connection);
    other.peer.end("answer");
    expect(await text(one.peer)).toBe("answer");
    expect(await report).toMatchObject({ backward: 6, reason: "eof" });
  });

  test.each(["left", "right"] as const)("for a %s side that was destroyed before", async (side) => {
    const [one, other] = [memoryPair(), memoryPair()];
    (side === "left" ? one : other).connection.stream.destroy();
    const report = await link(one.connection, other.connection);
    expect(report).toMatchObject({ forward: 0, backward: 0, reason: "eof" });
  });

  test.each(["left", "right"] as const)(
    "when the %s side closes without a word, once its bytes are out",
    async (side) => {
      const { left, right, near, report } = linked();
      const [here, there] = side === "left" ? [left, right] : [right, left];
      here.write("last words");
      expect(await read(there)).toBe("last words");
      near[side].stream.destroy();
      expect(await report).toMatchObject({ reason: "eof" });
      expect((await report).error).toBeUndefined();
    },
  );
});

describe("link() with eof", () => {
  test("right close: ends once the right side's bytes are out, though the left side is open", async () => {
    const { left, right, report } = linked({ eof: { right: "close" } });
    right.end("all of it");
    expect(await text(left)).toBe("all of it");
    expect(await report).toMatchObject({ backward: 9, reason: "eof" });
  });

  test("left close: ends with the left side, though the right side is open", async () => {
    const { left, right, report } = linked({ eof: { left: "close" } });
    left.end("all of it");
    expect(await text(right)).toBe("all of it");
    expect(await report).toMatchObject({ forward: 9, reason: "eof" });
  });

  test("left keep: the right side's output stays open until its input ends", async () => {
    const { left, right, report } = linked({ eof: { left: "keep" } });
    left.end("question");
    expect(await read(right)).toBe("question");
    await quiet();
    expect(right.readableEnded).toBe(false);
    right.end("answer");
    expect(await text(left)).toBe("answer");
    expect(await text(right)).toBe("");
    expect(await report).toMatchObject({ forward: 8, backward: 6, reason: "eof" });
  });

  test("right keep: the left side goes on, and ends the link", async () => {
    const { left, right, report } = linked({ eof: { right: "keep" } });
    right.end("early");
    expect(await read(left)).toBe("early");
    left.end("late");
    expect(await text(right)).toBe("late");
    expect(await text(left)).toBe("");
    expect(await report).toMatchObject({ forward: 4, backward: 5, reason: "eof" });
  });

  test("half-close-if-any: an input without a byte ends nothing", async () => {
    const { left, right, report } = linked({ eof: { left: "half-close-if-any" } });
    left.end();
    await quiet();
    expect(right.readableEnded).toBe(false);
    right.end("banner");
    expect(await text(left)).toBe("banner");
    expect(await report).toMatchObject({ backward: 6, reason: "eof" });
  });

  test("half-close-if-any: an input with a byte is passed on", async () => {
    const { left, right, report } = linked({ eof: { left: "half-close-if-any" } });
    left.end("x");
    expect(await text(right)).toBe("x");
    right.end();
    expect(await report).toMatchObject({ forward: 1, reason: "eof" });
  });
});

describe("link() with settle", () => {
  test("waits for the left side's end, where it is Infinity", async () => {
    const { left, right, report } = linked({ eof: { right: "close" }, settle: Infinity });
    right.end("bye");
    expect(await text(left)).toBe("bye");
    left.end("the rest");
    expect(await text(right)).toBe("the rest");
    expect(await report).toMatchObject({ forward: 8, backward: 3, reason: "eof" });
  });

  test("ends once the left side has been silent so long", async () => {
    const { left, right, report } = linked({ eof: { right: "close" }, settle: 50 });
    right.end();
    left.write("one more");
    expect(await read(right)).toBe("one more");
    expect(await report).toMatchObject({ forward: 8, reason: "eof" });
    expect((await report).duration).toBeGreaterThanOrEqual(40);
  });
});

describe("link() with linger", () => {
  test("ends so long after the left side, where the right one stays silent", async () => {
    const { left, right, report } = linked({ linger: 50 });
    left.end("question");
    expect(await text(right)).toBe("question");
    expect(await report).toMatchObject({ forward: 8, backward: 0, reason: "eof" });
    expect((await report).duration).toBeGreaterThanOrEqual(40);
  });

  test("ends at once where the right side ends first", async () => {
    const { left, right, report } = linked({ linger: 60_000 });
    left.end();
    right.end("answer");
    expect(await text(left)).toBe("answer");
    expect((await report).reason).toBe("eof");
  });

  test("does not begin before the left side has ended", async () => {
    const { left, right, report } = linked({ linger: 0 });
    await quiet();
    left.write("still here");
    expect(await read(right)).toBe("still here");
    left.end();
    expect((await report).reason).toBe("eof");
  });

  test("counts from the last message, where these are messages", async () => {
    const { left, right, report } = linked({ linger: 400 }, { framing: "message" });
    left.end(Buffer.from("q"));
    for (let n = 1; n <= 3; n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      right.write(Buffer.from("a"));
    }
    expect(await report).toMatchObject({ backward: 3, reason: "eof" });
    expect((await report).duration).toBeGreaterThanOrEqual(900);
  });
});

describe("link() with idle", () => {
  test("ends after silence both ways", async () => {
    const { left, right, report } = linked({ idle: 50 });
    left.write("x");
    expect(await read(right)).toBe("x");
    expect(await report).toMatchObject({ forward: 1, reason: "idle" });
    expect((await report).duration).toBeGreaterThanOrEqual(40);
  });

  test("with idleAfterEnd counts from the left's end, and so many silences", async () => {
    const { left, right, report } = linked({
      idle: 100,
      idleAfterEnd: 2,
      eof: { left: "keep" },
    });
    await new Promise((resolve) => setTimeout(resolve, 250)); // silence that does not count
    left.end("x");
    expect(await read(right)).toBe("x");
    const ended = await report;
    expect(ended).toMatchObject({ forward: 1, reason: "idle" });
    expect(ended.duration).toBeGreaterThanOrEqual(430);
  });

  test("leaves a link alone that ended before", async () => {
    const { left, right, report } = linked({ idle: 60_000 });
    left.end();
    right.end();
    expect((await report).reason).toBe("eof");
  });
});

describe("link() with a signal", () => {
  test("ends when it aborts, and counts what had passed", async () => {
    const abort = new AbortController();
    const { left, right, report } = linked({ signal: abort.signal });
    left.write("half");
    expect(await read(right)).toBe("half");
    abort.abort();
    expect(await report).toMatchObject({ forward: 4, reason: "aborted" });
    expect((await report).error).toBeUndefined();
  });

  test("ends at once when it had aborted before", async () => {
    expect(await linked({ signal: AbortSignal.abort() }).report).toMatchObject({
      forward: 0,
      reason: "aborted",
    });
  });

  test("moves nothing any more after it", async () => {
    const abort = new AbortController();
    const { left, right, report } = linked({ signal: abort.signal });
    abort.abort();
    await report;
    left.write("too late");
    await quiet();
    expect(right.readableLength).toBe(0);
  });
});

describe("link() over a side that breaks", () => {
  test.each(["left", "right"] as const)(
    "%s: delivers what had arrived, and tells what broke",
    async (side) => {
      const { left, right, near, report } = linked();
      const [here, there] = side === "left" ? [left, right] : [right, left];
      here.write("before");
      expect(await read(there)).toBe("before");
      near[side].stream.destroy(Object.assign(new Error("x"), { code: "EHOSTUNREACH" }));
      expect(await text(there)).toBe("");
      const { reason, error } = await report;
      expect(reason).toBe("error");
      expect(error).toBeInstanceOf(NcxError);
      expect(error).toMatchObject({ code: "UNREACHABLE" });
      expect(error?.message).toMatch(/^Cannot go on with memory:pair-\d+: no route to host$/);
    },
  );

  test.each(["left", "right"] as const)(
    "%s: a reset is passed on where it can be",
    async (side) => {
      const { left, right, report } = linked({}, { canReset: true });
      const [here, there] = side === "left" ? [left, right] : [right, left];
      here.reset();
      expect(await report).toMatchObject({ reason: "reset", error: { code: "RESET" } });
      if (!there.closed) await once(there, "close");
      expect(there.errored).toMatchObject({ code: "ECONNRESET" });
    },
  );

  test.each(["left", "right"] as const)(
    "%s: after a reset what had arrived goes out to a side that cannot be reset",
    async (side) => {
      const { left, right, report } = linked();
      const [here, there] = side === "left" ? [left, right] : [right, left];
      here.write("before");
      expect(await read(there)).toBe("before");
      here.reset();
      expect(await text(there)).toBe("");
      expect(await report).toMatchObject({ reason: "reset", error: { code: "RESET" } });
    },
  );

  test("a reset after its input's end is a reset: what we still sent is lost", async () => {
    const { left, right, report } = linked();
    left.end("bye");
    expect(await text(right)).toBe("bye");
    left.reset();
    expect(await report).toMatchObject({ forward: 3, reason: "reset", error: { code: "RESET" } });
  });
});

describe("link() with observers", () => {
  test("tells them everything once, in order", async () => {
    const seen: string[] = [];
    const { left, right, near, report } = linked({
      observers: [
        {
          onOpen: (connection) => seen.push(`open ${connection.id}`),
          onData: (_connection, direction, chunk) =>
            seen.push(`${direction} ${Buffer.from(chunk).toString()}`),
          onClose: (_connection, { forward, backward, reason }) =>
            seen.push(`close ${forward} ${backward} ${reason}`),
        },
      ],
    });
    left.end("ping");
    expect(await text(right)).toBe("ping");
    right.end("pong");
    expect(await text(left)).toBe("pong");
    await report;
    expect(seen).toEqual([
      `open ${near.right.id}`,
      "forward ping",
      "backward pong",
      "close 4 4 eof",
    ]);
  });

  test("shows them, and counts, the bytes on the right side of the filters", async () => {
    const seen: [Direction, string][] = [];
    const { left, right, report } = linked({
      forward: [append("!")],
      backward: [append("?")],
      observers: [
        { onData: (_connection, way, chunk) => seen.push([way, Buffer.from(chunk).toString()]) },
      ],
    });
    left.end("out");
    expect(await text(right)).toBe("out!");
    right.end("in");
    expect(await text(left)).toBe("in?");
    expect(await report).toMatchObject({ forward: 4, backward: 2 });
    expect(seen).toEqual([
      ["forward", "out!"],
      ["backward", "in"],
    ]);
  });
});

describe("link() with filters", () => {
  test("applies them in order, each way its own", async () => {
    const { left, right, report } = linked({
      forward: [upper, append("a"), append("b")],
      backward: [append("c")],
    });
    left.end("x");
    right.end("y");
    expect(await Promise.all([text(right), text(left)])).toEqual(["Xab", "yc"]);
    expect((await report).reason).toBe("eof");
  });

  test("makes them for the right connection", async () => {
    const made: Connection[] = [];
    const spy: Filter = (connection) => {
      made.push(connection);
      return new PassThrough();
    };
    const { left, right, near, report } = linked({ forward: [spy], backward: [spy] });
    left.end();
    right.end();
    await report;
    expect(made).toEqual([near.right, near.right]);
  });

  test("lets out what a filter holds back until its end", async () => {
    const held: Filter = () => {
      const chunks: Buffer[] = [];
      return new Transform({
        transform: (chunk: Buffer, _encoding, done) => done(void chunks.push(chunk) as undefined),
        flush: (done) => done(null, Buffer.concat(chunks)),
      });
    };
    const { left, right, report } = linked({ forward: [held] });
    left.write("all ");
    left.end("at once");
    expect(await text(right)).toBe("all at once");
    right.end();
    expect(await report).toMatchObject({ forward: 11, reason: "eof" });
  });

  test.each([
    ["alone", [limit]],
    ["first", [limit, append("")]],
    ["last", [append(""), limit]],
  ])("ends with what it let through when one has had enough: %s", async (_place, forward) => {
    const { left, right, report } = linked({ forward });
    left.write("12345");
    expect(await read(right)).toBe("12345");
    left.write("6");
    expect(await text(right)).toBe("");
    expect(await report).toMatchObject({ forward: 5, reason: "limit", error: { code: "LIMIT" } });
  });
});

describe("link() of messages", () => {
  test("keeps each whole, an empty one too", async () => {
    const { left, right, report } = linked({}, { framing: "message" });
    const arrived: string[] = [];
    right.on("data", (chunk: Buffer) => arrived.push(chunk.toString()));
    for (const message of ["one", "", "two", "three"]) left.write(Buffer.from(message));
    left.end();
    await once(right, "end");
    right.end();
    left.resume();
    expect(arrived).toEqual(["one", "", "two", "three"]);
    expect(await report).toMatchObject({ forward: 11, reason: "eof" });
  });
});

describe("link() under pressure", () => {
  test("takes no more than a few buffers while the reader does not read, and loses nothing", async () => {
    const { left, right, report } = linked();
    const block = Buffer.alloc(1024, "x");
    const total = 2000;
    let written = 0;
    const pump = (): void => {
      while (written < total) {
        written += 1;
        if (!left.write(block)) return void left.once("drain", pump);
      }
      left.end();
    };
    pump();
    await quiet();
    expect(written).toBeLessThan(20);
    right.end();
    expect((await text(right)).length).toBe(total * block.length);
    expect(await report).toMatchObject({ forward: total * block.length, reason: "eof" });
  });
});

describe("link() and a carrier's own way", () => {
  const unwanted = (): never => {
    throw new Error("asked for a way that the filter rules out");
  };

  test("takes it where there is one", async () => {
    const [one, other] = [memoryPair(), memoryPair()];
    const calls: string[] = [];
    const direct = (to: Connection, live: LiveLink) => (): Mover => {
      live.moved("forward", Buffer.from("one"));
      queueMicrotask(() => live.ended("forward"));
      queueMicrotask(() => live.ended("backward"));
      return {
        end(direction, done) {
          calls.push(`end ${direction}`);
          done();
        },
        stop: (reason) => void calls.push(`stop ${reason} ${to.id === other.connection.id}`),
      };
    };
    const report = await link({ ...one.connection, direct }, other.connection);
    expect(report).toMatchObject({ forward: 3, backward: 0, reason: "eof" });
    expect(calls).toEqual(["end forward", "end backward", "stop eof true"]);
  });

  test("is asked again between two chunks, once a lot has passed", async () => {
    const [one, other] = [memoryPair(), memoryPair()];
    const asked: boolean[] = [];
    const direct = (_to: Connection, live: LiveLink): undefined => void asked.push(live.bulk);
    const report = link({ ...one.connection, direct }, other.connection);
    one.peer.write(Buffer.alloc(300_000));
    other.peer.end();
    await once(other.peer, "data");
    one.peer.end(Buffer.alloc(100_000));
    await text(other.peer);
    expect(await report).toMatchObject({ forward: 400_000 });
    expect(asked[0]).toBe(false);
    expect(asked.at(-1)).toBe(true);
  });

  test("does not take it while a filter is on, or where the carrier declines", async () => {
    for (const options of [{ forward: [upper] }, {}]) {
      const [one, other] = [memoryPair(), memoryPair()];
      const direct = options.forward ? unwanted : () => undefined;
      const report = link({ ...one.connection, direct }, other.connection, options);
      one.peer.end("x");
      other.peer.end();
      expect(await text(other.peer)).toBe(options.forward ? "X" : "x");
      expect(await report).toMatchObject({ forward: 1, backward: 0 });
    }
  });
});

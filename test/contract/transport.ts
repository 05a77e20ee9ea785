/** What every kind of transport must do: the same tests for each. What a kind cannot do is declared, not skipped. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Endpoint } from "../../src/core/endpoint.ts";
import type { Connection, Framing } from "../../src/stream/connection.ts";
import { bind, dial, type BindOptions, type DialOptions } from "../../src/transport/index.ts";
import type { Listener } from "../../src/transport/index.ts";

export interface Contract {
  readonly framing: Framing;
  /** Whether the end of one side's output reaches the other side. */
  readonly halfClose: boolean;
  /** Whether a slow reader holds the writer back; otherwise datagrams are dropped. */
  readonly backpressure: boolean;
  /** Whether a dial tells that nobody is there; otherwise the stream does, after something was sent. */
  readonly dialRefused: boolean;
  /** Whether close() frees the address while connections live on. */
  readonly closeFreesAddress: boolean;
  /** Whether a connection exists for the listener before anything was sent. */
  readonly acceptsSilent: boolean;
  /** Bytes of the least and of the longest message. @default {[0, 65_507]} */
  readonly messages?: readonly [number, number];
}

/** How the suite reaches one kind. */
export interface Place {
  /** A new free place to listen at. */
  at(): Endpoint;
  /** Somewhere that nobody listens. */
  nowhere(): Promise<Endpoint>;
  /** Default: the floor's own bind and dial. */
  bind?(endpoint: Endpoint, options?: BindOptions): Promise<Listener>;
  dial?(endpoint: Endpoint, options?: DialOptions): Promise<Connection>;
}

const LARGE = 8 * 1024 * 1024;

/** Registers the tests of one kind. */
export function transportContract(place: Place, contract: Contract): void {
  const listenAt = place.bind ?? bind;
  const dialTo = place.dial ?? dial;
  const stream = contract.framing === "stream";

  /** A connection seen from both its ends. */
  async function open(options: BindOptions = {}): Promise<Opened> {
    const listener = await listenAt(place.at(), options);
    const accepted = listener[Symbol.asyncIterator]().next();
    const near = await dialTo(listener.endpoint);
    if (!contract.acceptsSilent) near.stream.write("hello");
    const { value } = await accepted;
    const far = value as Connection; // the listener is open: there is a next one
    if (!contract.acceptsSilent) expect(String(await read(far))).toBe("hello");
    return {
      listener,
      near,
      far,
      async [Symbol.asyncDispose]() {
        await near[Symbol.asyncDispose]();
        await far[Symbol.asyncDispose]();
        await listener[Symbol.asyncDispose]();
      },
    };
  }

  test("bytes pass both ways", async () => {
    await using pair = await open();
    pair.near.stream.write("ping");
    expect(String(await read(pair.far))).toBe("ping");
    pair.far.stream.write("pong");
    expect(String(await read(pair.near))).toBe("pong");
  });

  test("framing is as declared, and each connection has an id of its own", async () => {
    await using pair = await open();
    expect([pair.near.framing, pair.far.framing]).toEqual([contract.framing, contract.framing]);
    expect(pair.near.stream.readableObjectMode).toBe(!stream);
    expect(pair.near.stream.writableObjectMode).toBe(!stream);
    expect(pair.near.id).not.toBe(pair.far.id);
  });

  test("each side's local endpoint is the other's remote one", async () => {
    await using pair = await open();
    expect(pair.near.remote).toEqual(pair.listener.endpoint);
    expect(pair.far.local).toEqual(pair.listener.endpoint);
    expect(pair.far.remote).toEqual(pair.near.local);
    expect(pair.listener.endpoints[0]).toEqual(pair.listener.endpoint);
  });

  if (stream) {
    test("a large payload arrives whole, both ways at once", async () => {
      await using pair = await open();
      const [there, back] = [randomBytes(LARGE), randomBytes(LARGE)];
      pair.near.stream.end(there);
      pair.far.stream.end(back);
      const [atFar, atNear] = await Promise.all([readAll(pair.far), readAll(pair.near)]);
      expect([sha(atFar), sha(atNear)]).toEqual([sha(there), sha(back)]);
    });
  } else {
    test("messages are neither merged nor cut, from none to the most bytes", async () => {
      await using pair = await open();
      const [least, most] = contract.messages ?? [0, 65_507];
      const sizes = [least, 1, 1400, most, least, 9000];
      for (const size of sizes) {
        const sent = randomBytes(size);
        pair.near.stream.write(sent);
        expect(sha(await read(pair.far))).toBe(sha(sent));
        pair.far.stream.write(sent);
        expect(sha(await read(pair.near))).toBe(sha(sent));
      }
    });
  }

  if (contract.halfClose) {
    test("the answer comes after the end of the question", async () => {
      await using pair = await open();
      pair.near.stream.end("question");
      expect(String(await readAll(pair.far))).toBe("question");
      pair.far.stream.end("answer");
      expect(String(await readAll(pair.near))).toBe("answer");
      expect([pair.near.stream.errored, pair.far.stream.errored]).toEqual([null, null]);
    });

    test("a side that closes with nothing to say is just its end", async () => {
      await using pair = await open();
      pair.near.stream.end();
      expect(String(await readAll(pair.far))).toBe("");
      pair.far.stream.end();
      expect(String(await readAll(pair.near))).toBe("");
      expect([pair.near.stream.errored, pair.far.stream.errored]).toEqual([null, null]);
    });
  } else {
    test("the end of one side's output is unknown to the other, which goes on", async () => {
      await using pair = await open();
      pair.near.stream.end("question");
      expect(String(await read(pair.far))).toBe("question");
      pair.far.stream.write("answer");
      expect(String(await read(pair.near))).toBe("answer");
      expect(pair.far.stream.readableEnded).toBe(false);
    });
  }

  test("a late reader loses nothing of a side that speaks first", async () => {
    await using pair = await open();
    pair.far.stream.write("welcome");
    await new Promise((resolve) => setTimeout(resolve, 50)); // the lateness itself, not a wait for something
    expect(String(await read(pair.near))).toBe("welcome");
  });

  if (contract.backpressure) {
    test("a slow reader holds the writer back", async () => {
      await using pair = await open();
      const chunk = Buffer.alloc(64 * 1024);
      let written = 0;
      // Far more than any kernel buffer: 512 MB would be through if nothing held the writer.
      while (written < 8192 && (await writeUnlessStuck(pair.near, chunk))) written += 1;
      expect(written).toBeLessThan(8192);
      let left = (written + 1) * chunk.length;
      for await (const got of pair.far.stream.iterator({ destroyOnReturn: false })) {
        left -= (got as Buffer).length;
        if (left <= 0) break;
      }
      expect(left).toBe(0);
    });
  } else {
    test("a slow reader loses messages, never its connection", async () => {
      await using pair = await open();
      for (let i = 0; i < 2000; i += 1) {
        pair.near.stream.write(Buffer.alloc(1400, i));
        if (i % 16 === 0) await turn();
      }
      pair.far.stream.write("still there");
      expect(String(await read(pair.near))).toBe("still there");
      expect(sha(await read(pair.far))).toBe(sha(Buffer.alloc(1400, 0)));
    });
  }

  test("close() leaves live connections alone, and ends the iteration", async () => {
    await using pair = await open();
    await pair.listener.close();
    pair.near.stream.write("on");
    expect(String(await read(pair.far))).toBe("on");
    const next = await pair.listener[Symbol.asyncIterator]().next();
    expect(next.done).toBe(true);
  });

  test("a closed listener's address is free again", async () => {
    const pair = await open();
    await pair.listener.close();
    if (!contract.closeFreesAddress) {
      await pair.near[Symbol.asyncDispose]();
      await pair.far[Symbol.asyncDispose]();
    }
    await using again = await listenAt(pair.listener.endpoint);
    expect(again.endpoint).toEqual(pair.listener.endpoint);
    await pair[Symbol.asyncDispose]();
  });

  test("a place that is taken is IN_USE", async () => {
    await using listener = await listenAt(place.at());
    await expect(listenAt(listener.endpoint)).rejects.toMatchObject({
      name: "NcxError",
      code: "IN_USE",
    });
  });

  test("nobody there is REFUSED", async () => {
    const nowhere = await place.nowhere();
    const refused = { name: "NcxError", code: "REFUSED" };
    if (contract.dialRefused) return expect(dialTo(nowhere)).rejects.toMatchObject(refused);
    await using connection = await dialTo(nowhere);
    const closed = new Promise((resolve) => connection.stream.once("close", resolve));
    connection.stream.write("anybody?");
    await closed;
    expect(connection.stream.errored).toMatchObject(refused);
  });

  test("an aborted signal ends a dial and a bind with ABORTED", async () => {
    await using listener = await listenAt(place.at());
    const signal = AbortSignal.abort();
    const aborted = { name: "NcxError", code: "ABORTED" };
    await expect(dialTo(listener.endpoint, { signal })).rejects.toMatchObject(aborted);
    await expect(listenAt(place.at(), { signal })).rejects.toMatchObject(aborted);
  });

  test("a bind's signal closes the listener", async () => {
    const stop = new AbortController();
    const listener = await listenAt(place.at(), { signal: stop.signal });
    const next = listener[Symbol.asyncIterator]().next();
    stop.abort();
    expect((await next).done).toBe(true);
  });

  test("disposing of a connection destroys its stream, and is done when it is closed", async () => {
    await using pair = await open();
    await pair.near[Symbol.asyncDispose]();
    expect(pair.near.stream.closed).toBe(true);
    await pair.near[Symbol.asyncDispose]();
  });

  test("what is beyond maxConns is turned away, and a place that is left is free", async () => {
    const rejects: [Endpoint, string][] = [];
    const onReject = (remote: Endpoint, reason: string): void =>
      void rejects.push([remote, reason]);
    await using pair = await open({ maxConns: 1, onReject });
    const second = await dialTo(pair.listener.endpoint).catch(() => undefined);
    second?.stream.on("error", () => {});
    if (!contract.acceptsSilent) second?.stream.write("me too");
    while (rejects.length === 0) await turn();
    expect(rejects[0]?.[1]).toContain("1");
    await second?.[Symbol.asyncDispose]();
    await pair.near[Symbol.asyncDispose]();
    await pair.far[Symbol.asyncDispose]();
    const third = await dialTo(pair.listener.endpoint);
    if (!contract.acceptsSilent) third.stream.write("and me");
    const { value } = await pair.listener[Symbol.asyncIterator]().next();
    expect((value as Connection).remote).toEqual(third.local);
    await third[Symbol.asyncDispose]();
    await (value as Connection)[Symbol.asyncDispose]();
  });

  test("leaving the loop closes the listener, and the connection lives on", async () => {
    const listener = await listenAt(place.at());
    await using near = await dialTo(listener.endpoint);
    near.stream.write("hello");
    let taken: Connection | undefined;
    for await (const connection of listener) {
      taken = connection;
      break;
    }
    await using far = taken as Connection; // the loop was left with one
    expect(String(await read(far))).toBe("hello");
    far.stream.write("bye");
    expect(String(await read(near))).toBe("bye");
  });
}

interface Opened extends AsyncDisposable {
  readonly listener: Listener;
  readonly near: Connection;
  readonly far: Connection;
}

const NEWS = ["readable", "end", "close"] as const;

/** The next chunk, without ending or flowing the stream. */
export async function read({ stream }: Connection): Promise<Buffer> {
  for (;;) {
    const chunk = stream.read() as Buffer | null;
    if (chunk !== null) return chunk;
    if (stream.errored) throw stream.errored;
    if (stream.readableEnded || stream.destroyed)
      throw new Error("the stream ended without a chunk");
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        for (const event of NEWS) stream.off(event, wake);
        resolve();
      };
      for (const event of NEWS) stream.on(event, wake);
    });
  }
}

/** Everything up to the end of input; the stream stays open for writing. */
async function readAll({ stream }: Connection): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  if (!stream.readableEnded) await once(stream, "end");
  return Buffer.concat(chunks);
}

/** Writes a chunk; false when the stream is full and has not drained after two dozen turns with a pause each. */
async function writeUnlessStuck({ stream }: Connection, chunk: Buffer): Promise<boolean> {
  if (stream.write(chunk)) return true;
  let drained = false;
  stream.once("drain", () => (drained = true));
  for (let i = 0; i < 24 && !drained; i += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  return drained;
}

function sha(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

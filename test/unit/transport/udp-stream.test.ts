import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { MAX_DATAGRAM } from "../../../src/stream/filters/datagrams.ts";
import { DatagramStream, RECEIVE_QUEUE } from "../../../src/transport/udp-stream.ts";

const peer = { kind: "udp", host: "192.0.2.1", port: 53 } as const;

/** A stream whose datagrams go into an array; `release` lets those under way go. */
function harness({ hold = false } = {}) {
  const sent: Uint8Array[] = [];
  const held: ((error: Error | null) => void)[] = [];
  const stream = new DatagramStream(peer, {
    send(datagram, done) {
      sent.push(datagram);
      if (hold) held.push(done);
      else queueMicrotask(() => done(null));
    },
    close: (closed) => closed(),
  });
  const release = (error: Error | null = null) => held.splice(0).forEach((done) => done(error));
  return { stream, sent, release };
}

describe("DatagramStream", () => {
  test("an empty datagram is a message, both ways", async () => {
    const { stream, sent } = harness();
    stream.receive(Buffer.alloc(0));
    await once(stream, "readable");
    expect(stream.read()).toEqual(Buffer.alloc(0));
    stream.end(Buffer.alloc(0));
    await once(stream, "finish");
    expect(sent).toEqual([Buffer.alloc(0)]);
    expect(stream.destroyed).toBe(false);
    stream.destroy();
  });

  test("what a datagram cannot hold is LIMIT, and the most it holds passes", async () => {
    const { stream, sent } = harness();
    stream.write(Buffer.alloc(MAX_DATAGRAM));
    stream.write(Buffer.alloc(MAX_DATAGRAM + 1));
    await new Promise((resolve) => stream.once("close", resolve));
    expect(stream.errored).toMatchObject({
      name: "NcxError",
      code: "LIMIT",
      message: "Cannot send to udp:192.0.2.1:53: 65508 bytes are more than a datagram holds",
    });
    expect(sent.map((datagram) => datagram.length)).toEqual([MAX_DATAGRAM]);
  });

  test("text is sent as its bytes; anything else is a TypeError", async () => {
    const { stream, sent } = harness();
    stream.write("c3a9", "hex");
    stream.write({ not: "bytes" });
    await new Promise((resolve) => stream.once("close", resolve));
    expect(sent).toEqual([Buffer.from("é")]);
    expect(stream.errored).toBeInstanceOf(TypeError);
  });

  test.each([0, 1000, 65_000])(
    "datagrams of %i bytes wait up to the queue's bound; the newest are dropped",
    (size) => {
      const { stream } = harness();
      const count = 4000;
      for (let i = 0; i < count; i += 1) stream.receive(Buffer.alloc(size, i));
      const kept = Math.floor(RECEIVE_QUEUE / (size + 256));
      expect(stream.dropped).toBe(count - kept);
      const got: Buffer[] = [];
      for (let next = stream.read(); next !== null; next = stream.read()) got.push(next as Buffer);
      expect(got).toEqual(Array.from({ length: kept }, (_, i) => Buffer.alloc(size, i)));
      stream.destroy();
    },
  );

  test("endReceiving() ends the readable side after what waits; writing goes on", async () => {
    const { stream, sent } = harness();
    stream.receive(Buffer.from("last"));
    stream.endReceiving();
    stream.receive(Buffer.from("too late"));
    const got: string[] = [];
    stream.on("data", (chunk: Buffer) => got.push(String(chunk)));
    await once(stream, "end");
    expect(got).toEqual(["last"]);
    stream.end("still out");
    await new Promise((resolve) => stream.once("close", resolve));
    expect(sent).toEqual([Buffer.from("still out")]);
  });

  test("endReceiving() ends a reader that already waits", async () => {
    const { stream } = harness();
    stream.resume();
    await new Promise(setImmediate);
    stream.endReceiving();
    await once(stream, "end");
    stream.destroy();
  });

  test("a send that fails destroys the stream with what the system said", async () => {
    const { stream, release } = harness({ hold: true });
    stream.write("x");
    release(Object.assign(new Error("send"), { code: "ENETUNREACH" }));
    await new Promise((resolve) => stream.once("close", resolve));
    expect(stream.errored).toMatchObject({ code: "UNREACHABLE", endpoint: peer });
  });
});

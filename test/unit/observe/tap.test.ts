import { Writable } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { tap, type TapOptions } from "../../../src/observe/tap.ts";
import { makeConnection, type Connection, type Observer } from "../../../src/stream/connection.ts";
import { memoryPair } from "../../helpers/memory-pair.ts";

const REPORT = { forward: 3, backward: 2048, duration: 12, reason: "eof" } as const;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Tapped {
  readonly near: Connection;
  readonly observers: readonly Observer[];
  sends(text: string | Buffer): void;
  answers(text: string | Buffer): void;
  opens(): void;
  closes(): void;
}

/** What the tap has written, and a way to tap connections of either framing. */
function tapped(options: TapOptions = {}, output: Sink = new Sink()) {
  const made = tap(output, options);
  const connection = (framing: "stream" | "message" = "stream"): Tapped => {
    const { stream, local, remote } = memoryPair().connection;
    const near = makeConnection({ stream, local, remote });
    const far = makeConnection({ stream, local, remote, framing });
    const observers = made.observe(near, far);
    const tell = (act: (observer: Observer) => void): void => observers.forEach(act);
    return {
      near,
      observers,
      opens: () => tell((one) => one.onOpen?.(far)),
      sends: (text) => tell((one) => one.onData?.(far, "forward", Buffer.from(text))),
      answers: (text) => tell((one) => one.onData?.(far, "backward", Buffer.from(text))),
      closes: () => tell((one) => one.onClose?.(far, REPORT)),
    };
  };
  return { connection, output, end: made.end };
}

/** Holds every write back until it is asked for. */
class Sink extends Writable {
  text = "";
  isStuck = false;
  #done: (() => void) | undefined;

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += String(chunk);
    if (this.isStuck) this.#done = done;
    else done();
  }

  read(): void {
    this.isStuck = false;
    this.#done?.();
  }

  /** With `#` for the connections' numbers. */
  lines({ id }: Connection): string[] {
    return this.text.replaceAll(`[${id}]`, "[#]").split("\n").slice(0, -1);
  }
}

test("tap() writes who comes, what is said with arrows and offsets, and how it ended", () => {
  const { connection, output } = tapped();
  const one = connection();
  one.opens();
  one.sends("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  one.answers("HTTP/1.1 200 OK\r\n\r\nhello");
  one.closes();
  expect(output.lines(one.near)).toEqual([
    expect.stringMatching(/^\[#\] memory:.* -> memory:.* open$/),
    "[#] > 00000000  GET / HTTP/1.1\\r",
    "[#] > 00000010  Host: x\\r",
    "[#] > 00000019  \\r",
    "[#] < 00000000  HTTP/1.1 200 OK\\r",
    "[#] < 00000011  \\r",
    "[#] < 00000013  hello",
    expect.stringMatching(/^\[#\] .*: 3 B there, 2.0 KiB back in 12 ms \(eof\)$/),
  ]);
});

test("a line in pieces is one row; a prompt is shown when time passes, or the other side speaks", () => {
  const { connection, output } = tapped();
  const one = connection();
  one.answers("log");
  vi.advanceTimersByTime(50);
  one.answers("in: ");
  vi.advanceTimersByTime(99);
  expect(output.text).toBe("");
  vi.advanceTimersByTime(1);
  expect(output.lines(one.near)).toEqual(["[#] < 00000000  login: "]);
  one.sends("an");
  one.sends("na\n");
  one.answers("pass");
  one.sends("secret");
  expect(output.lines(one.near).slice(1)).toEqual(["[#] > 00000000  anna", "[#] < 00000007  pass"]);
  one.closes();
  expect(output.lines(one.near)[3]).toBe("[#] > 00000005  secret");
});

test("each datagram is whole, whatever it ends with, and an empty one is shown", () => {
  const { connection, output } = tapped();
  const one = connection("message");
  one.sends("a");
  one.sends("b");
  one.sends("");
  one.answers("c\nd");
  expect(output.lines(one.near)).toEqual([
    "[#] > 00000000  a",
    "[#] > 00000001  b",
    "[#] > an empty datagram",
    "[#] < 00000000  c",
    "[#] < 00000002  d",
  ]);
});

test("in hex it is the hex dump, with the connection before each line", () => {
  const { connection, output } = tapped({ show: "hex" });
  const one = connection();
  one.sends("0123456789abcdef\n");
  one.answers("\u001b[m");
  one.sends("x");
  expect(output.lines(one.near)).toEqual([
    "[#] > 00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|",
    `[#] > 00000010  0a${" ".repeat(46)}  |.|`,
    `[#] < 00000000  1b 5b 6d${" ".repeat(40)}  |.[m|`,
    `[#] > 00000011  78${" ".repeat(46)}  |x|`,
  ]);
});

test("none of it leaves who comes and goes", () => {
  const { connection, output } = tapped({ show: "none" });
  const one = connection();
  one.opens();
  one.sends("secret\n");
  one.closes();
  expect(output.lines(one.near)).toHaveLength(2);
  expect(output.text).not.toContain("secret");
});

test("each row is painted by its direction, and what is said about the connection is not", () => {
  const { connection, output } = tapped({ paint: (direction, row) => `<${direction}>${row}</>` });
  const one = connection();
  one.opens();
  one.sends("a\n");
  one.answers("b\n");
  expect(output.lines(one.near).slice(1)).toEqual([
    "<forward>[#] > 00000000  a</>",
    "<backward>[#] < 00000000  b</>",
  ]);
  expect(output.lines(one.near)[0]).toMatch(/^\[#\].*open$/);
});

test("what an output without room misses is bounded, counted, and told where it reads on", async () => {
  const { connection, output } = tapped();
  const [one, two] = [connection(), connection()];
  output.isStuck = true;
  const chunk = Buffer.from(`${"x".repeat(99)}\n`.repeat(10_000));
  const sent = 40 * chunk.length;
  for (let at = 0; at < sent; at += chunk.length) one.sends(chunk);
  two.opens();
  two.answers("unseen");
  two.closes();
  expect(output.writableLength).toBeGreaterThan(8 * 1024 * 1024);
  expect(output.writableLength).toBeLessThan(9 * 1024 * 1024);
  vi.useRealTimers();
  output.read();
  await vi.waitFor(() => expect(output.text).toContain("not shown"));
  const shown = output.lines(one.near).filter((row) => row.endsWith("  " + "x".repeat(99)));
  const [, missed] = /^-- (\d+) bytes \(.*\) and 2 lines not shown: .*\n$/m.exec(output.text) ?? [];
  expect(shown.length * 100 + Number(missed)).toBe(sent + "unseen".length);
  one.sends("on\n");
  const place = sent.toString(16).padStart(8, "0");
  expect(output.lines(one.near).at(-1)).toBe(`[#] > ${place}  on`);
});

test("an output that is gone is written no more", () => {
  const { connection, output, end } = tapped();
  const one = connection();
  output.destroy();
  one.opens();
  one.sends("a\n");
  one.closes();
  end();
  expect(output.text).toBe("");
});

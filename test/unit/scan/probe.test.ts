/** The sweep against a system that lacks something, or loses something. */
import { EventEmitter } from "node:events";
import { isIPv6 } from "node:net";
import { constants } from "node:os";
import { getSystemErrorName } from "node:util";
import { describe, expect, test } from "vitest";
import { sweeper, type Means, type Sweep } from "../../../src/transport/probe.ts";

/** What becomes of the nth attempt at a port: an error's name, "open", or silence. */
type System = (port: number, attempt: number) => string | undefined;

function sweep(
  ports: readonly number[],
  system: System,
  options: Partial<Sweep> = {},
): Promise<Map<number, number>> {
  const attempts = new Map<number, number>();
  class Socket extends EventEmitter {
    localPort = 1;
    localAddress = "127.0.0.9";
    connect(port: number): void {
      const attempt = attempts.get(port) ?? 0;
      attempts.set(port, attempt + 1);
      const outcome = system(port, attempt);
      if (outcome === undefined) return;
      queueMicrotask(() => {
        if (outcome === "open") return this.emit("connect");
        const errno = -((constants.errno as Readonly<Record<string, number>>)[outcome] ?? 0); // a table of numbers by name
        return this.emit("error", Object.assign(new Error(outcome), { errno }));
      });
    }
    resetAndDestroy(): void {}
  }
  const outcomes = new Map<number, number>();
  return new Promise((resolve) => {
    sweeper(
      {
        addresses: ["127.0.0.1"],
        ports,
        start: 10,
        most: 50,
        timeout: 40,
        retries: 1,
        mostRetries: 10,
        gap: 0,
        hostTimeout: Infinity,
        raw: false,
        next: new Int32Array(new SharedArrayBuffer(8)),
        ...options,
      },
      // A socket as far as the sweep uses one.
      {
        net: { Socket: Socket as unknown as Means["net"]["Socket"] },
        nameOf: getSystemErrorName,
        isIPv6,
      },
      (told) => {
        for (let at = 0; at < told.length; at += 2)
          outcomes.set(ports[told[at] ?? 0] ?? 0, told[at + 1] ?? 0);
      },
      () => resolve(outcomes),
    );
  });
}

const REFUSED = -constants.errno.ECONNREFUSED;
const PORTS = Array.from({ length: 21 }, (_, at) => at + 1);

describe.each(["EMFILE", "ENOBUFS", "EADDRNOTAVAIL", "ENOMEM"])("%s", (lack) => {
  test("means again, never closed", async () => {
    const answer = (port: number): string => (port % 7 === 0 ? "open" : "ECONNREFUSED");
    const outcomes = await sweep(PORTS, (port, attempt) =>
      attempt < port % 3 ? lack : answer(port),
    );
    expect(
      [...outcomes].filter(([port, outcome]) => outcome !== (port % 7 === 0 ? 0 : REFUSED)),
    ).toEqual([]);
    expect(outcomes.size).toBe(PORTS.length);
  });
});

test("a silent port is asked again before it is told", async () => {
  const outcomes = await sweep([1, 2], (port, attempt) =>
    port === 1 && attempt === 1 ? "open" : undefined,
  );
  expect(Object.fromEntries(outcomes)).toEqual({ 1: 0, 2: 1 });
});

test("with no retries it is not", async () => {
  const outcomes = await sweep([1], (_, attempt) => (attempt === 1 ? "open" : undefined), {
    retries: 0,
    mostRetries: 0,
  });
  expect([...outcomes]).toEqual([[1, 1]]);
});

test("while silent ports of its host answer when asked again, it is asked more often", async () => {
  // Of those that are asked, some at a time get through: as a rate limit does it.
  const outcomes = await sweep(
    PORTS.slice(0, 12),
    (port, attempt) => (attempt >= port % 5 ? "open" : undefined),
    {
      start: 50,
    },
  );
  expect([...outcomes.values()]).toEqual(Array.from({ length: 12 }, () => 0));
});

test("a connection to itself is told apart", async () => {
  const system: System = () => "open";
  const outcomes = await sweep([1], system, { addresses: ["127.0.0.9"] });
  expect([...outcomes]).toEqual([[1, 2]]);
});

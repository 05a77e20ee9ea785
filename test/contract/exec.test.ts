import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe } from "vitest";
import type { Endpoint, ExecEndpoint } from "../../src/core/endpoint.ts";
import type { Connection } from "../../src/stream/connection.ts";
import { bind, type BindOptions, type Listener } from "../../src/transport/index.ts";
import { transportContract } from "./transport.ts";

/** A program that joins its stdin and stdout to a unix socket, each end by itself. */
const BRIDGE = `
  const socket = require("node:net").connect({ path: process.argv[1], allowHalfOpen: true });
  socket.on("error", () => process.exit(1));
  process.stdin.pipe(socket);
  socket.pipe(process.stdout);
`;

const folder = mkdtempSync(join(tmpdir(), "ncx-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let names = 0;

function at(): ExecEndpoint {
  const path = join(folder, `${(names += 1)}.sock`);
  return { kind: "exec", command: [process.execPath, "-e", BRIDGE, path] };
}

describe("exec", () =>
  transportContract(
    {
      at,
      nowhere: async () => ({ kind: "exec", command: [join(folder, "no-such-program")] }),
      bind: bindBridge,
    },
    {
      framing: "stream",
      halfClose: true,
      backpressure: true,
      dialRefused: true,
      closeFreesAddress: true,
      acceptsSilent: true,
    },
  ));

/** A program only dials: what listens is the socket at its other end, under the program's name. */
async function bindBridge(endpoint: Endpoint, options?: BindOptions): Promise<Listener> {
  const path = endpoint.kind === "exec" ? (endpoint.command.at(-1) ?? "") : "";
  const listener = await bind({ kind: "unix", path }, options);
  const named = (connection: Connection): Connection => ({
    ...connection,
    local: endpoint,
    remote: endpoint,
  });
  const from = listener[Symbol.asyncIterator]();
  const iterator: AsyncIterator<Connection, undefined> = {
    async next() {
      const { done, value } = await from.next();
      return done ? { done, value: undefined } : { done: false, value: named(value as Connection) };
    },
    async return() {
      await from.return?.();
      return { done: true, value: undefined };
    },
  };
  return {
    endpoint,
    endpoints: [endpoint],
    close: () => listener.close(),
    [Symbol.asyncIterator]: () => iterator,
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}

/** A port of the loopback where a connect hangs: it listens, never accepts, and its backlog is full. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import type { TcpEndpoint } from "../../src/core/endpoint.ts";

export interface FullBacklog extends AsyncDisposable {
  readonly endpoint: TcpEndpoint;
}

// A thread that waits never comes to accept; the kernel completes handshakes until the backlog is full.
const LISTENER = `
  const server = require("node:net").createServer();
  server.listen({ host: "127.0.0.1", port: 0, backlog: 1 }, () => {
    require("node:fs").writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;
/** Milliseconds in which the loopback answers, if it ever does. */
const PATIENCE = 300;
/** Connections that fill any backlog of 1: Linux takes 2. */
const MOST = 16;

export async function fullBacklog(): Promise<FullBacklog> {
  const child = spawn(process.execPath, ["-e", LISTENER], { stdio: ["ignore", "pipe", "inherit"] });
  const [text] = (await once(child.stdout, "data")) as [Buffer];
  const endpoint: TcpEndpoint = { kind: "tcp", host: "127.0.0.1", port: Number(text) };
  const fillers: Socket[] = [];
  for (let full = false; !full;) {
    if (fillers.length === MOST) throw new Error("the backlog takes all that comes");
    const filler = new Socket().on("error", () => {});
    fillers.push(filler);
    filler.connect(endpoint.port, endpoint.host);
    full = await once(filler, "connect", { signal: AbortSignal.timeout(PATIENCE) }).then(
      () => false,
      () => true,
    );
  }
  return {
    endpoint,
    async [Symbol.asyncDispose]() {
      for (const filler of fillers) filler.destroy();
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

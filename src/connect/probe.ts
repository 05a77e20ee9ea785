/** Is it open? One port after another, several under way at once. */
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { sleep } from "../core/sleep.ts";
import { isAbort, NcxError, wrap } from "../core/errors.ts";
import { dial, type DialOptions } from "../transport/index.ts";

export interface ProbeResult {
  readonly port: number;
  /** "silent": UDP, where no answer may be an open port or a filter. */
  readonly state: "open" | "closed" | "timeout" | "error" | "silent";
  /** Why it isn't open. */
  readonly error?: NcxError;
}

export interface ProbeOptions extends DialOptions {
  protocol?: "tcp" | "udp";
  /** Milliseconds between ports; then they go one by one. */
  delay?: number;
}

/** Ports under way at once: few enough for any limit on descriptors. */
const AT_ONCE = 64;
/** Milliseconds that a UDP port has to answer, or to be refused. */
const UDP_PATIENCE = 1000;

/** Tries each port of a host and gives the results in the order of the ports. */
export async function* probe(
  host: string,
  ports: readonly number[],
  options: ProbeOptions = {},
): AsyncGenerator<ProbeResult, void> {
  const { delay, signal } = options;
  const underWay: Promise<ProbeResult>[] = [];
  for (const [index, port] of ports.entries()) {
    if (delay !== undefined && index > 0) await sleep(delay, signal);
    underWay.push(probeOne(host, port, options));
    if (delay !== undefined || underWay.length >= AT_ONCE)
      yield await (underWay.shift() as Promise<ProbeResult>);
  }
  for (const result of underWay) yield await result;
}

async function probeOne(host: string, port: number, options: ProbeOptions): Promise<ProbeResult> {
  const { protocol = "tcp" } = options;
  try {
    const { stream } = await dial({ kind: protocol, host, port }, options);
    const state = protocol === "udp" ? await ask(stream, options) : "open";
    stream.destroy(); // nobody waits for its close: there may be thousands
    return { port, state };
  } catch (error) {
    if (!(error instanceof NcxError)) throw error;
    // A name that isn't known is not a state of a port.
    if (error.code === "RESOLVE" || error.code === "ABORTED") throw error;
    const states = { REFUSED: "closed", TIMEOUT: "timeout" } as const;
    return {
      port,
      state: error.code in states ? states[error.code as keyof typeof states] : "error",
      error,
    };
  }
}

/** Sends an empty datagram: an answer, or the refusal of a closed port, tells; silence does not. */
async function ask(
  stream: Duplex,
  { timeout = UDP_PATIENCE, signal }: ProbeOptions,
): Promise<"open" | "silent"> {
  const patience = AbortSignal.timeout(timeout);
  stream.write(Buffer.alloc(0));
  try {
    await once(stream, "data", { signal: signal ? AbortSignal.any([signal, patience]) : patience });
    return "open";
  } catch (error) {
    if (isAbort(error) && !signal?.aborted) return "silent";
    throw wrap("probe the port", error);
  }
}

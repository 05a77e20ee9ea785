/** Is it open? One port after another, several under way at once. */
import { once } from "node:events";
import type { Duplex } from "node:stream";
import type { Endpoint } from "../core/endpoint.ts";
import { sleep } from "../core/sleep.ts";
import { isAbort, NcxError, wrap } from "../core/errors.ts";
import { dial, type DialOptions } from "../transport/index.ts";

export interface ProbeResult {
  readonly port: number;
  /** "silent": UDP, where no answer may be an open port or a filter. */
  readonly state: "open" | "closed" | "timeout" | "error" | "silent";
  /** Where it was reached. */
  readonly remote?: Endpoint;
  /** Why it isn't open. */
  readonly error?: NcxError;
}

export interface ProbeOptions extends DialOptions {
  protocol?: "tcp" | "udp";
  /** What to dial over each port: TLS. Open is then what has shaken hands. */
  over?: (carrier: Endpoint) => Endpoint;
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
  const { protocol = "tcp", over = (carrier) => carrier } = options;
  const endpoint = over({ kind: protocol, host, port });
  try {
    const { stream, remote } = await dial(endpoint, options);
    const state = endpoint.kind === "udp" ? await ask(stream, options) : "open";
    stream.destroy(); // nobody waits for its close: there may be thousands
    return { port, state, remote };
  } catch (error) {
    if (!(error instanceof NcxError)) throw error;
    // A name that isn't known is not a state of a port.
    if (error.code === "RESOLVE" || error.code === "ABORTED") throw error;
    // Behind a proxy it is the proxy that has refused.
    const refused = options.proxy?.length ? "error" : "closed";
    const states = { REFUSED: refused, TIMEOUT: "timeout" } as const;
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

/** Waiting for a signal's abort. */
import { setMaxListeners } from "node:events";

/** One signal may end any number of connections: Node's warning at 11 is about leaks, and each of ours is removed. */
const unlimited = new WeakSet<AbortSignal>();

/** Calls back once when the signal aborts, at once if it has. Returns how to stop waiting. */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (!signal) return () => {};
  if (signal.aborted) {
    queueMicrotask(act);
    return () => {};
  }
  if (!unlimited.has(signal)) {
    unlimited.add(signal);
    setMaxListeners(0, signal);
  }
  signal.addEventListener("abort", act, { once: true });
  return () => signal.removeEventListener("abort", act);
}

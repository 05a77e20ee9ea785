/** What passed, both directions as they came, byte for byte. */
import type { Observer } from "../stream/connection.ts";

/** Hands every chunk on; `write` must be done with it when it returns. */
export function raw(write: (chunk: Uint8Array) => void): Observer {
  return { onData: (_connection, _direction, chunk) => write(chunk) };
}

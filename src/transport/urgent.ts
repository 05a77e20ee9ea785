/** Urgent data, left among the rest. */
import { Socket } from "node:net";
import type { Connection } from "../stream/connection.ts";
import { loadLibc } from "./_libc.ts";

/**
 * Has the kernel leave urgent data where it was sent. Telnet marks a Synch with it (RFC 854, p. 9), and without this one
 * byte of `IAC DM` is missing in what is read: the other one becomes data, or takes the next byte with it. Only for a
 * connection that nobody has read from. Does nothing where there is no koffi, and where libuv has seen to it.
 */
export async function keepUrgentInline({ stream }: Connection): Promise<void> {
  const fd = stream instanceof Socket ? descriptorOf(stream) : undefined;
  if (fd === undefined) return;
  try {
    const { numbers, setsockopt } = await loadLibc("keep urgent data");
    // A socket that was closed meanwhile may have left its number to another.
    if (fd === descriptorOf(stream))
      setsockopt(fd, numbers.SOL_SOCKET, numbers.SO_OOBINLINE, Int32Array.of(1), 4);
  } catch {
    // No koffi: few clients send a Synch, and what it costs is one byte.
  }
}

/** Node has it inside; -1 on Windows. */
function descriptorOf(socket: object): number | undefined {
  const { _handle: handle } = socket as { _handle?: { fd?: unknown } | null };
  const fd = handle?.fd;
  return typeof fd === "number" && fd >= 0 ? fd : undefined;
}

/** Filters that speak telnet, and what they send by themselves. */
import type { Writable } from "node:stream";
import type { Filter } from "../../stream/connection.ts";

/** The filters of one direction each, for a link whose right side is the peer. */
export interface TelnetFilters {
  /** For what is sent: the last filter before the peer. */
  readonly forward: readonly Filter[];
  /** For what is received: the first after the peer. It writes the answers itself, between two chunks. */
  readonly backward: readonly Filter[];
}

/** Bytes of answers that may wait for a peer that reads nothing; those beyond are not sent. */
export const MAX_ANSWERS = 65_536;

/** Writes answers to the peer, as far as it takes them, and can still be written to. `onAnswer` sees each that is sent. */
export function answering(
  peer: Writable,
  onAnswer?: (answer: Uint8Array) => void,
): (answers: readonly Uint8Array[]) => void {
  let waiting = 0;
  // To stop reading until the peer reads would be worse: two that wait for each other.
  const fits = ({ length }: Uint8Array): boolean => {
    if (waiting + length > MAX_ANSWERS) return false;
    waiting += length;
    return true;
  };
  return (answers) => {
    if (!peer.writable) return;
    const bytes = Buffer.concat(answers.filter(fits));
    if (bytes.length === 0) return;
    onAnswer?.(bytes);
    peer.write(bytes, () => (waiting -= bytes.length));
  };
}

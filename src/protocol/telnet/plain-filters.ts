/** `--telnet` without a terminal, as two filters: nothing but the line ends and the doubled 255 is in a stream's way. */
import type { Connection } from "../../stream/connection.ts";
import { inlineFilter } from "../../stream/filters/inline.ts";
import { answering, type TelnetFilters } from "./answering.ts";
import { PlainTelnet, type PlainTelnetOptions } from "./plain.ts";

/** Speaks telnet as `PlainTelnet` does, with each peer by itself. */
export function plainTelnet(options?: PlainTelnetOptions): TelnetFilters {
  const ends = new WeakMap<Connection, PlainTelnet>();
  const endOf = (connection: Connection): PlainTelnet => {
    const end = ends.get(connection) ?? new PlainTelnet(options);
    ends.set(connection, end);
    return end;
  };
  const sent = inlineFilter((connection) => {
    const end = endOf(connection);
    return (chunk) => end.encode(chunk);
  });
  const received = inlineFilter((connection, peer) => {
    const end = endOf(connection);
    const answer = answering(peer);
    const receive = (chunk: Uint8Array): Uint8Array => {
      const events = end.receive(chunk);
      answer(events.flatMap((event) => (event.type === "send" ? event.bytes : [])));
      const data = events.flatMap((event) => (event.type === "data" ? event.bytes : []));
      const [only] = data;
      return only && data.length === 1 ? only : Buffer.concat(data);
    };
    return Object.assign(receive, { flush: () => end.flush() });
  });
  return { forward: [sent], backward: [received] };
}

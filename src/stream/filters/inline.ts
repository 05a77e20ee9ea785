/** Filters that need no stream of their own where a direct way is taken. */
import { Transform } from "node:stream";
import type { Connection, Filter, Inline } from "../connection.ts";

/** The filter that does this to each chunk. */
export function inlineFilter(inline: NonNullable<Filter["inline"]>): Filter {
  const filter = (connection: Connection): Transform => {
    const change = inline(connection, connection.stream);
    return new Transform({
      objectMode: connection.framing === "message",
      transform(chunk: Buffer, _encoding, done) {
        const changed = change(chunk);
        // A datagram that nothing is left of is none.
        if (changed.length > 0 || chunk.length === 0) this.push(changed);
        done();
      },
      flush(done) {
        const rest = change.flush?.();
        if (rest && rest.length > 0) this.push(rest);
        done();
      },
    });
  };
  return Object.assign(filter, { inline });
}

export interface JoinedInlines extends Inline {
  flush(): Uint8Array;
}

/** One after the other; without any, every chunk stays what it is. */
export function joinInlines(inlines: readonly Inline[]): JoinedInlines {
  const join = (chunk: Uint8Array): Uint8Array =>
    inlines.reduce((bytes, each) => each(bytes), chunk);
  const flush = (): Uint8Array =>
    inlines.reduce<Uint8Array>(
      (kept, each) =>
        Buffer.concat([kept.length > 0 ? each(kept) : kept, each.flush?.() ?? new Uint8Array(0)]),
      new Uint8Array(0),
    );
  return Object.assign(join, { flush });
}

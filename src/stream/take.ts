/** Reading one message off a stream, and leaving what follows it where it is. */
import type { Duplex } from "node:stream";
import { onAbort } from "../core/abort.ts";
import { NcxError } from "../core/errors.ts";

/** A message, and the bytes after it. */
export interface Taken<T> {
  readonly value: T;
  readonly rest: Buffer;
}

/**
 * Gives each chunk to `read` until it has a whole message; what is left over goes back into the stream, whose next
 * reader finds it as if nobody had been there. What `read` throws is thrown.
 *
 * @throws {NcxError} RESET when the stream ends or closes before.
 */
export function take<T>(
  stream: Duplex,
  read: (chunk: Buffer) => Taken<T> | undefined,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, () => fail(signal?.reason));
    const cut = (): void => fail(stream.errored ?? cutShort());
    function stop(): void {
      forget();
      stream.off("readable", readable).off("end", cut).off("close", cut).off("error", fail);
    }
    function fail(error: unknown): void {
      stop();
      reject(error);
    }
    function readable(): void {
      while (stream.readableLength > 0) {
        // Exactly what is there: a plain read() would also tell the stream that its end was seen.
        const chunk: Buffer | null = stream.read(stream.readableLength);
        if (chunk === null) return;
        let taken: Taken<T> | undefined;
        try {
          taken = read(chunk);
        } catch (error) {
          return fail(error);
        }
        if (!taken) continue;
        stop();
        if (taken.rest.length > 0) stream.unshift(taken.rest);
        return resolve(taken.value);
      }
      stream.read(0); // the end, if it has come, is told now
    }
    if (stream.destroyed || stream.readableEnded) return cut();
    stream.on("end", cut).on("close", cut).on("error", fail).on("readable", readable);
  });
}

function cutShort(): NcxError {
  const state = "Connection closed before the answer was complete";
  return new NcxError("RESET", `Cannot read the answer: ${state}`, { state });
}

/** The user's terminal while a session owns it: every key is a byte to send, ^C as well, and one key leads out. */
import { Readable } from "node:stream";
import type { World } from "./world.ts";

/** Bytes that may be typed ahead of a peer who takes none; then the bell rings, as a terminal's own driver does it. */
const MAX_TYPED = 1_048_576;
const BELL = "\u0007";

export interface RawTerminal extends Disposable {
  /** What is typed. It never ends by itself, but with the terminal. */
  readonly keys: Readable;
}

export interface RawTerminalOptions {
  /** The byte of the key that leads out; it is not sent. Undefined: none does. */
  escape: number | undefined;
  /** That key was typed. What was typed before it can be read already; `after` is what came with it. */
  onEscape: (after: Buffer) => void;
}

/**
 * Makes the terminal raw until disposal. Keys are read even while nobody takes them: the way out stays open when the
 * peer does not read.
 */
export function openRawTerminal(world: World, options: RawTerminalOptions): RawTerminal {
  const { terminal, stdin } = world;
  const { escape, onEscape } = options;
  let forget = (): void => {};
  const keys = new Readable({
    read() {},
    // Whoever ends the session without us.
    destroy(error, done) {
      forget();
      done(error);
    },
  });
  function onKeys(chunk: Buffer): void {
    const at = escape === undefined ? -1 : chunk.indexOf(escape);
    const typed = at < 0 ? chunk : chunk.subarray(0, at);
    if (keys.readableLength + typed.length > MAX_TYPED) world.stderr.write(BELL);
    else if (typed.length > 0) keys.push(typed);
    if (at >= 0) onEscape(chunk.subarray(at + 1));
  }
  const onEnd = (): void => void keys.push(null);
  const onError = (error: Error): void => void keys.destroy(error);
  terminal?.setMode("character");
  stdin.on("data", onKeys).on("end", onEnd).on("error", onError);
  if (stdin.readableEnded || stdin.destroyed) onEnd();
  forget = () => {
    forget = () => {};
    stdin.off("data", onKeys).off("end", onEnd).off("error", onError).pause();
    terminal?.setMode("off");
  };
  return { keys, [Symbol.dispose]: () => forget() };
}

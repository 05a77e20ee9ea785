/** A login before anything else: who connects says a name and a password, by hand or as a script. */
import { onAbort } from "../../core/abort.ts";
import { formatEndpoint } from "../../core/endpoint.ts";
import { NcxError } from "../../core/errors.ts";
import { sleep } from "../../core/sleep.ts";
import { sameText } from "../../protocol/same-text.ts";
import type { Connection } from "../../stream/connection.ts";
import { take, type Taken } from "../../stream/take.ts";
import { TypedLine } from "./_typed-line.ts";

/** Whoever says both is let in. */
export interface KnownLogin {
  readonly user: string;
  readonly password: string;
}

export interface LoginOptions {
  readonly logins: readonly KnownLogin[];
  /**
   * Whether we show the client what it types; the password never is. "typed": where its keys come one by one, as from a
   * raw terminal. @default {"typed"}
   */
  readonly echo?: () => boolean | "typed";
  /** Tells the client not to show what it types next, and to show it again. Default: nothing can be told. */
  readonly hide?: (hidden: boolean) => void;
  /** @default {3} */
  readonly tries?: number;
  /** Milliseconds before the answer to a wrong one. @default {1000} */
  readonly delay?: number;
  /** Milliseconds for the whole login. @default {60000} */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/**
 * Asks until the client has logged in; what follows the password stays in the stream.
 *
 * @throws {NcxError} DENIED after the last try, TIMEOUT, LIMIT for a line that is too long, RESET when the client leaves,
 * ABORTED. None of them says what was typed.
 */
export async function login(connection: Connection, options: LoginOptions): Promise<void> {
  const { tries = 3, delay = 1000, timeout = 60_000 } = options;
  const { stream } = connection;
  const act = `let ${formatEndpoint(connection.remote)} in`;
  const over = new AbortController();
  const forget = onAbort(options.signal, () =>
    over.abort(new NcxError("ABORTED", `Cannot ${act}: aborted`)),
  );
  const late = setTimeout(() => {
    if (stream.writable) stream.write("\r\nLogin timed out\r\n");
    over.abort(new NcxError("TIMEOUT", `Cannot ${act}: no login after ${timeout} ms`));
  }, timeout);
  // Between two lines nobody else would hear of it.
  const ignored = (): void => {};
  stream.on("error", ignored);
  try {
    const ask = asking(connection, options, act, over.signal);
    for (let left = tries; left > 0; left -= 1) {
      const user = await ask("login: ", true);
      options.hide?.(true);
      const password = await ask("Password: ", false);
      options.hide?.(false);
      if (isKnown(user, password, options.logins)) return;
      await sleep(delay, over.signal);
      if (stream.writable) stream.write("Login incorrect\r\n");
    }
    throw new NcxError("DENIED", `Cannot ${act}: wrong user or password, ${tries} times`);
  } finally {
    clearTimeout(late);
    forget();
    stream.off("error", ignored);
  }
}

/** Compares all with all, always: how long it takes does not tell what was wrong. */
function isKnown(user: Buffer, password: Buffer, logins: readonly KnownLogin[]): boolean {
  const right = logins.map((login) => {
    const same = [sameText(user, login.user), sameText(password, login.password)];
    return !same.includes(false);
  });
  return right.includes(true);
}

function asking(
  { stream }: Connection,
  { echo = () => "typed" }: LoginOptions,
  act: string,
  signal: AbortSignal,
): (prompt: string, shown: boolean) => Promise<Buffer> {
  let afterReturn = false;
  return async (prompt, shown) => {
    if (!stream.writable) throw new NcxError("RESET", `Cannot ${act}: it has left`);
    stream.write(prompt);
    const line = new TypedLine({ echo, shown, afterReturn });
    const read = (chunk: Buffer): Taken<Buffer> | undefined => {
      const { show, over, rest } = line.push(chunk);
      if (show.length > 0 && stream.writable) stream.write(show);
      if (over === "left") throw new NcxError("DENIED", `Cannot ${act}: it has left the login`);
      if (over === "long") throw new NcxError("LIMIT", `Cannot ${act}: the line is too long`);
      return over ? { value: line.text(), rest } : undefined;
    };
    const text = await take(stream, read, signal);
    afterReturn = line.endedInReturn;
    return text;
  };
}

/** `--auth`, `--auth-file` and NCX_AUTH: who a client may be, and its password. */
import { readFileSync, statSync } from "node:fs";
import { NcxError, quote, wrap } from "../core/errors.ts";
import type { KnownLogin } from "../listen/index.ts";
import type { Args } from "./args.ts";
import { runsProgram } from "./target.ts";
import { cannot } from "./usage.ts";
import type { World } from "./world.ts";

/** Bytes that `--auth-file` may have: every login is compared, whoever comes. */
const MAX_FILE = 65_536;

/** Whether clients have to log in. NCX_AUTH counts where there is something to keep: a program. */
export function asksLogin(args: Args, { env }: World): boolean {
  const { auth, authFile, mode, udp } = args;
  if (auth !== undefined || authFile !== undefined) return true;
  return mode === "listen" && !udp && runsProgram(args) && Boolean(env["NCX_AUTH"]);
}

/**
 * The logins that are asked for. What the line says goes before the environment.
 *
 * @throws {NcxError} USAGE for what is none; DENIED and its like for a file that cannot be read; LIMIT.
 */
export function readLogins({ auth, authFile }: Args, { env }: World): readonly KnownLogin[] {
  if (auth !== undefined) return [splitLogin(auth, "--auth")];
  if (authFile === undefined) return [splitLogin(env["NCX_AUTH"] ?? "", "NCX_AUTH")];
  const logins = readLines(authFile).flatMap((line, at) =>
    /^\s*(#|$)/.test(line) ? [] : splitLogin(line, `--auth-file, line ${at + 1}`),
  );
  if (logins.length > 0) return logins;
  throw cannot(`use --auth-file ${quote(authFile)}`, "it has no login", "a line is user:password");
}

/** The value is a secret, whatever is wrong with it: no message has it. */
function splitLogin(text: string, what: string): KnownLogin {
  const colon = text.indexOf(":");
  if (colon < 1 || colon === text.length - 1)
    throw cannot(`use ${what}`, "the user or the password is missing", "it is user:password");
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function readLines(file: string): string[] {
  const act = `read --auth-file ${quote(file)}`;
  try {
    if (statSync(file).size > MAX_FILE)
      throw new NcxError("LIMIT", `Cannot ${act}: it has more than ${MAX_FILE} bytes`);
    return readFileSync(file, "utf8").split(/\r\n?|\n/);
  } catch (error) {
    throw wrap(act, error);
  }
}

/** Running the programs that tell about sockets and processes where no file does. */
import { execFile } from "node:child_process";
import { errnoOf, NcxError } from "../core/errors.ts";

/** Bytes of a program's output that are read: hundreds of thousands of sockets. */
const LONGEST_OUTPUT = 2 ** 26;

/**
 * What a program prints. Its exit code is not looked at: lsof fails where one file of many was not found.
 *
 * @throws {NcxError} UNSUPPORTED where it is missing; ABORTED.
 */
export function printed(
  program: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const options = { windowsHide: true, maxBuffer: LONGEST_OUTPUT, ...(signal && { signal }) };
  return new Promise((resolve, reject) => {
    execFile(program, args, options, (error, stdout) => {
      if (signal?.aborted) reject(signal.reason);
      else if (errnoOf(error) === "ENOENT") reject(missing(program));
      else resolve(stdout);
    });
  });
}

function missing(program: string): NcxError {
  return new NcxError("UNSUPPORTED", `Cannot list sockets: ${program} is not installed`, {
    hint: `on this system ${program} is what tells about them`,
  });
}

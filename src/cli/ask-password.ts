/** Asking for a password on the terminal, whatever stdin and stdout are. */
import { closeSync, openSync, writeSync } from "node:fs";
import { ReadStream } from "node:tty";
import { onAbort } from "../core/abort.ts";
import { NcxError } from "../core/errors.ts";
import { signalJob } from "../platform/process-group.ts";

/** Characters of a password; a paste beyond that is cut. */
const LONGEST = 1024;

/**
 * Asks without showing what is typed. Undefined where there is no terminal.
 *
 * @throws {NcxError} ABORTED by the signal.
 */
export async function askPassword(
  question: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const terminal = openTerminal();
  if (!terminal) return undefined;
  try {
    return await readHidden(terminal, question, signal);
  } finally {
    terminal.input.setRawMode(false);
    writeSync(terminal.output, "\n");
    closeSync(terminal.output);
    terminal.input.destroy();
  }
}

interface Terminal {
  readonly input: ReadStream;
  readonly output: number;
}

function openTerminal(): Terminal | undefined {
  try {
    const input = new ReadStream(openSync("/dev/tty", "r"));
    return { input, output: openSync("/dev/tty", "w") };
  } catch {
    // No controlling terminal, or a system without such a file: the caller says so.
    return undefined;
  }
}

function readHidden(
  { input, output }: Terminal,
  question: string,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, stopped);
    let typed = "";
    function stopped(): void {
      forget();
      const state = "Operation aborted";
      reject(new NcxError("ABORTED", "Cannot ask for the password: operation aborted", { state }));
    }
    /** As ^Z does; what was typed is kept. */
    function pause(): void {
      input.setRawMode(false);
      process.once("SIGCONT", () => {
        input.setRawMode(true);
        writeSync(output, question);
      });
      signalJob("SIGTSTP");
    }
    function done(): void {
      forget();
      resolve(typed);
    }
    input.setRawMode(true);
    input.setEncoding("utf8");
    writeSync(output, question);
    input.once("end", done).once("error", done);
    input.on("data", (text: string) => {
      for (const key of text) {
        if (key === "\r" || key === "\n" || key === "\u0004") return done();
        if (key === "\u0003") signalJob("SIGINT");
        if (key === "\u001A") pause();
        typed = edited(typed, key);
      }
    });
  });
}

/** Backspace takes the last character, ^U all of them. */
function edited(typed: string, key: string): string {
  if (key === "\u007F" || key === "\b")
    return typed.slice(0, /[\uD800-\uDBFF].$/.test(typed) ? -2 : -1);
  if (key === "\u0015") return "";
  return key >= " " && typed.length < LONGEST ? typed + key : typed;
}

/** The prompt before there is a connection: `ncx telnet` alone. */
import { TelnetEnd } from "../protocol/telnet/end.ts";
import { Answers } from "./answers.ts";
import { firstChoices } from "./choices.ts";
import type { CommandContext } from "./command-context.ts";
import { runCommand } from "./commands.ts";
import type { Ending, SessionOptions, Terminal } from "./options.ts";
import { IDLE_HINT, Prompt } from "./prompt.ts";
import { escapeLine } from "./show.ts";

/** Asks for commands until one of them opens a connection or leaves. */
export async function idlePrompt(
  terminal: Terminal,
  options: SessionOptions,
  time: "first" | "again" = "first",
): Promise<Ending> {
  const { input } = terminal;
  const { signal } = options;
  const { choices = firstChoices(options) } = options;
  let prompt = new Prompt(terminal, time === "first" ? IDLE_HINT : "");
  const context: CommandContext = {
    connected: false,
    end: new TelnetEnd(),
    answers: new Answers(terminal, options, choices),
    choices,
    terminal,
    say: (text) => {
      void terminal.output.write(`${text}\n`);
    },
    send: () => undefined,
    apply: () => undefined,
    force: () => undefined,
    objection: (open) => options.objection?.(open),
    status: () => ["No connection.", escapeLine(choices.escape)],
  };
  const typed = async (chunk: Buffer): Promise<Ending | undefined> => {
    for (const [at, byte] of chunk.entries()) {
      const line = prompt.key(byte);
      if (!line) continue;
      if (line.type === "leave") terminal.output.write("\n");
      const ending =
        line.type === "leave" ? { reason: "quit" as const } : await runCommand(line.text, context);
      if (ending) {
        input.unshift(chunk.subarray(at + 1));
        return ending;
      }
      terminal.setMode("line");
      prompt = new Prompt(terminal, "");
    }
    return undefined;
  };
  terminal.setMode("line");
  try {
    return await new Promise<Ending>((resolve, reject) => {
      const onData = (chunk: Buffer): void => {
        input.pause();
        typed(chunk).then((ending) => (ending ? finish(ending) : input.resume()), reject);
      };
      const onEnd = (): void => finish({ reason: "quit" });
      const onAbort = (): void => finish({ reason: "aborted" });
      const finish = (ending: Ending): void => {
        input.off("data", onData).off("end", onEnd);
        input.pause();
        signal?.removeEventListener("abort", onAbort);
        resolve(ending);
      };
      input.on("data", onData).on("end", onEnd);
      signal?.addEventListener("abort", onAbort);
      if (signal?.aborted) onAbort();
      else if (input.readableEnded) onEnd();
      else input.resume();
    });
  } finally {
    terminal.setMode("off");
  }
}

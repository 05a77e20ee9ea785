/** A line as a POSIX shell splits it, as far as one command goes: quotes and backslashes, and what else there was. */
import { cannot } from "../usage.ts";

export interface ShellLine {
  /** The words of each command in it. */
  readonly commands: readonly (readonly string[])[];
  /** Redirections and comments, which are the shell's own. */
  readonly dropped: readonly string[];
}

// A redirection to a descriptor is whole; of any other the file follows as a word.
const DUPLICATION = /\d*[<>]&[ \t]*(?:\d+-?|-)/y;
const REDIRECTION = /\d*(?:<<<|<<-?|<>|<&|>&|>>|>\||<|>|&>>|&>)[ \t]*/y;
const SEPARATOR = /\|\||&&|\|&|;;|[|&;()`\n]/y;
const COMMENT = /#[^\n]*/y;

/**
 * Splits a line. Variables and $(...) are kept as they stand: what they hold is not known here.
 *
 * @throws {NcxError} USAGE when a quote is not closed, or it ends with a lone backslash.
 */
export function splitShell(line: string): ShellLine {
  const commands: string[][] = [[]];
  const dropped: string[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(line)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  while (at < line.length) {
    if (take(/[^\S\n]+/y) !== undefined || take(/\\\n/y) !== undefined) continue;
    const duplication = take(DUPLICATION);
    const redirection = duplication ?? take(REDIRECTION);
    if (redirection !== undefined) {
      dropped.push(duplication ?? `${redirection}${word()}`);
    } else if (take(SEPARATOR) !== undefined) {
      commands.push([]);
    } else {
      const comment = take(COMMENT);
      if (comment !== undefined) dropped.push(comment);
      else commands.at(-1)?.push(word());
    }
  }
  return { commands: commands.filter((words) => words.length > 0), dropped };

  /** The word that begins here: pieces in quotes and without, up to white space or an operator. */
  function word(): string {
    let text = "";
    while (at < line.length) {
      const bare = take(/[^\s'"\\$|&;()<>`]+/y);
      if (bare !== undefined) text += bare;
      else if (line[at] === "'") text += single();
      else if (line[at] === '"') text += double();
      else if (line[at] === "\\") text += escaped();
      else if (line[at] === "$") text += expansion();
      else break;
    }
    return text;
  }

  function single(): string {
    const inside = take(/'[^']*'/y);
    if (inside === undefined) throw unreadable("a quote is not closed");
    return inside.slice(1, -1);
  }

  function double(): string {
    const inside = take(/"(?:[^"\\]|\\[^])*"/y);
    if (inside === undefined) throw unreadable("a quote is not closed");
    return inside.slice(1, -1).replace(/\\([$`"\\\n])/g, (_, kept: string) => kept.trim());
  }

  function escaped(): string {
    const pair = take(/\\[^]/y);
    if (pair === undefined) throw unreadable("it ends with a backslash");
    return pair === "\\\n" ? "" : pair.slice(1);
  }

  function expansion(): string {
    return take(/\$\([^()]*\)/y) ?? take(/\$/y) ?? "";
  }
}

/** One word as a shell reads it back. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./^[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The line is not shown: it may hold a password. */
function unreadable(state: string): Error {
  return cannot("read the line", state, "quote it once more: ncx doctor 'nc -e \"a b\"'");
}

/** A command line without a shell, as ncat reads one: words between white space, a backslash before what is meant literally. */
import { NcxError, quote } from "./errors.ts";

/** What C's isspace() says; a word may have other spaces in it. */
const SPACE = /[ \t\n\v\f\r]/;
/** How the text form of an endpoint writes a word without letters, for which ncat has no way. */
const EMPTY = '""';

/**
 * Splits a line into a program and its arguments. A backslash at the very end stands for nothing: alone, for an empty
 * word.
 *
 * ncat 7.93 loses white space right after a letter with a backslash, unless that is a backslash itself: `a\n b` is one
 * word to it. That isn't done here: a word that ends in a space could not be written.
 *
 * @throws {NcxError} ADDRESS when it names no program.
 */
export function splitCommand(line: string): string[] {
  return checked(
    splitWords(line).map(({ word }) => word),
    line,
  );
}

/** The same for the text form of an endpoint, where `""` standing alone is an empty word. */
export function parseCommand(text: string): string[] {
  return checked(
    splitWords(text).map(({ word, written }) => (written === EMPTY ? "" : word)),
    text,
  );
}

function checked(words: string[], line: string): string[] {
  if (words[0]) return words;
  throw new NcxError("ADDRESS", `Cannot parse command ${quote(line)}: the program is missing`, {
    hint: "words between spaces, \\ before a space that is part of one; no shell reads it",
  });
}

/** The text that `parseCommand` reads as these words. */
export function formatCommand(words: readonly string[]): string {
  return words.map(formatWord).join(" ");
}

function formatWord(word: string): string {
  if (word === "") return EMPTY;
  return word === EMPTY ? '\\"\\"' : word.replace(/[ \t\n\v\f\r\\]/g, "\\$&");
}

interface Word {
  readonly word: string;
  /** With its backslashes. */
  readonly written: string;
}

function splitWords(line: string): Word[] {
  const words: Word[] = [];
  let word: string | undefined;
  let from = 0;
  const end = (at: number): void => {
    if (word !== undefined) words.push({ word, written: line.slice(from, at) });
    word = undefined;
  };
  for (let at = 0; at < line.length; at += 1) {
    const letter = line.charAt(at);
    if (SPACE.test(letter)) {
      end(at);
      continue;
    }
    if (word === undefined) from = at;
    if (letter === "\\") at += 1;
    word = (word ?? "") + line.charAt(at);
  }
  end(line.length);
  return words;
}

/** A command line as one netcat reads it: getopt over that program's letters and long names. */
import { meaningOf, secondMeaning, valueOf, type Meaning, type Program } from "./programs.ts";

export interface Flag {
  /** One flag alone: `-e`, `--exec`; a letter that means more when it comes twice is `-ll`. */
  readonly spelling: string;
  readonly meaning: Meaning | undefined;
  readonly value?: string;
  /** The words that a value of many stands for. */
  readonly words?: readonly string[];
}

export interface Reading {
  readonly program: Program;
  readonly flags: readonly Flag[];
  readonly operands: readonly string[];
}

/** Reads the words after a program's name as it would. Never throws: an unknown flag has no meaning. */
export function readAs(program: Program, words: readonly string[]): Reading {
  const flags: Flag[] = [];
  const operands: string[] = [];
  const add = (spelling: string, attached: string | undefined, at: number): number => {
    const meaning = meaningOf(spelling, program);
    if (meaning === undefined || valueOf(meaning) === undefined) {
      flags.push({ spelling, meaning, ...(attached !== undefined && { value: attached }) });
      return 0;
    }
    const value = attached ?? words[at + 1];
    if (typeof meaning !== "string" && meaning.rest && value !== undefined) {
      const rest = words.slice(at + (attached === undefined ? 2 : 1));
      flags.push({ spelling, meaning, value, words: [value, ...rest] });
      return words.length;
    }
    flags.push({ spelling, meaning, ...(value !== undefined && { value }) });
    return attached === undefined ? 1 : 0;
  };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") {
      operands.push(...words.slice(at + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") operands.push(word);
    else if (word.startsWith("--")) {
      const equals = word.indexOf("=");
      at +=
        equals < 0
          ? add(word, undefined, at)
          : add(word.slice(0, equals), word.slice(equals + 1), at);
    } else at += readLetters(word, at);
  }
  return { program, flags, operands };

  /** `-lvnp8080`: flags up to the first letter that takes a value. */
  function readLetters(word: string, at: number): number {
    const letters = Array.from(word).slice(1);
    for (const [index, letter] of letters.entries()) {
      const again = flags.findIndex(({ spelling }) => spelling === `-${letter}`);
      const doubled = secondMeaning(letter, program);
      if (again >= 0 && doubled !== undefined) {
        flags.push({ spelling: `-${letter}${letter}`, meaning: doubled });
        continue;
      }
      const meaning = meaningOf(`-${letter}`, program);
      if (meaning === undefined || valueOf(meaning) === undefined) {
        add(`-${letter}`, undefined, at);
        continue;
      }
      return add(`-${letter}`, letters.slice(index + 1).join("") || undefined, at);
    }
    return 0;
  }
}

/** Whether a program knows every flag of the line, and each has a value that is not a flag in its turn. */
export function understands({ flags }: Reading): boolean {
  return flags.every(
    ({ meaning, value }) =>
      meaning !== undefined &&
      (valueOf(meaning) === undefined) === (value === undefined) &&
      !/^-[a-z]/i.test(value ?? ""),
  );
}

/** Whether one of the flags means this option. */
export function means({ flags }: Reading, name: string): boolean {
  return flags.some(({ meaning }) => meaning === name);
}

/** The value of the last flag that means this option. */
export function valueFor({ flags }: Reading, name: string): string | undefined {
  return flags.findLast(({ meaning }) => meaning === name)?.value;
}

/** Whether it has the operands that such a line needs: a host and a port, or something to listen on. */
export function isComplete(reading: Reading): boolean {
  const { operands, program } = reading;
  const { connectPort } = program.habits;
  if (means(reading, "help") || means(reading, "version")) return true;
  if (means(reading, "listen")) return operands.length > 0 || means(reading, "port");
  return operands.length > (means(reading, "unix") || connectPort !== undefined ? 0 : 1);
}

/** `-C`, `-G`, `-W`: when the next file begins, and what it is called. As tcpdump's, file by file. */
import { strftime } from "../../core/strftime.ts";
import type { Args } from "../args.ts";
import { cannot } from "../usage.ts";

export interface Rotation {
  /** Bytes that a file may have before the next packet goes into another one. */
  readonly size: number | undefined;
  /** Seconds after which the next packet goes into another one. */
  readonly seconds: number | undefined;
  readonly count: number | undefined;
}

/** Undefined where one file is all. @throws {NcxError} USAGE */
export function rotationOf(args: Args): Rotation | undefined {
  const { rotateSize, rotateTime, rotateCount: count, writeFile } = args;
  if (rotateSize === undefined && rotateTime === undefined) {
    if (count === undefined) return undefined;
    throw cannot("use -W", "nothing says when a file is full", "add -C SIZE or -G SECONDS");
  }
  const flag = rotateSize === undefined ? "-G" : "-C";
  if (writeFile === undefined) throw cannot(`use ${flag}`, "no file is written", "add -w FILE");
  if (writeFile === "-") throw cannot(`use ${flag} with -w -`, "stdout is one file", "name a file");
  const size = rotateSize === undefined ? undefined : bytesOf(rotateSize);
  if (size === 0) throw cannot("use -C 0", "every packet would have its own file", "use -C 10");
  const seconds = rotateTime === undefined ? undefined : Math.ceil(rotateTime / 1000);
  return { size, seconds, count };
}

/** Millions of bytes, which MB says as well; with K, M, G or KiB, MiB, GiB powers of 1024, as in newer tcpdumps. */
export function bytesOf(text: string): number {
  const [, number, unit = "", ending = ""] = /^([\d.]+)([kmg]?)(i?b)?$/i.exec(text) ?? [];
  if (unit === "") return Math.round(Number(number) * 1e6);
  const base = ending.toLowerCase() === "b" ? 1000 : 1024;
  return Math.round(Number(number) * base ** " kmg".indexOf(unit.toLowerCase()));
}

/** Where a rotation is: which file, since when. */
export class RotationState {
  readonly #path: string;
  readonly #rotation: Rotation;
  /** Seconds since 1970 at which the file began, or the one that the numbers count from. */
  #since: number;
  /** Files that time has ended. */
  #periods = 0;
  #number = 0;

  constructor(path: string, rotation: Rotation, now: number) {
    this.#path = path;
    this.#rotation = rotation;
    this.#since = toSeconds(now);
  }

  /** The file's name now: the time's, then the number where there are several. */
  get name(): string {
    const { size, seconds, count } = this.#rotation;
    const base =
      seconds === undefined ? this.#path : strftime(this.#path, new Date(this.#since * 1000));
    const digits = count === undefined || count < 2 ? 0 : String(count - 1).length;
    if (size === undefined || (this.#number === 0 && digits === 0)) return base;
    return `${base}${String(this.#number).padStart(digits, "0")}`;
  }

  /** Whether the next packet goes on in this file, into another one, or nowhere: -W has been reached. */
  next(now: number, bytes: number): "same" | "other" | "none" {
    const { size, seconds, count } = this.#rotation;
    let answer: "same" | "other" = "same";
    if (seconds !== undefined && toSeconds(now) - this.#since >= seconds) {
      this.#since = toSeconds(now);
      this.#periods += 1;
      this.#number = 0;
      // With -C as well, tcpdump's -W is about the numbers alone.
      if (size === undefined && count !== undefined && this.#periods >= count) return "none";
      answer = "other";
    } else if (size !== undefined && bytes > size) {
      this.#number = count !== undefined && this.#number + 1 >= count ? 0 : this.#number + 1;
      answer = "other";
    }
    return answer;
  }
}

function toSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}

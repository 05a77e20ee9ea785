/** Type-of-service values by the words that netcats know: RFC 1349 and tos(7), DiffServ code points of RFC 2474, 2597, 3246. */
import { NcxError, quote } from "./errors.ts";

const WORDS: Readonly<Record<string, number>> = {
  lowcost: 0x02,
  "minimize-cost": 0x02,
  reliability: 0x04,
  "maximize-reliability": 0x04,
  throughput: 0x08,
  "maximize-throughput": 0x08,
  lowdelay: 0x10,
  "minimize-delay": 0x10,
  critical: 0xa0,
  ef: 0xb8,
  inetcontrol: 0xc0,
  netcontrol: 0xe0,
};

/**
 * Reads a word, or a number from 0 to 255, as the byte of the IP header.
 *
 * @throws {NcxError} USAGE when it is neither.
 */
export function parseTos(text: string): number {
  const word = text.toLowerCase();
  const number = /^(0x[\da-f]+|\d+)$/.test(word) ? Number(word) : NaN;
  const value = Object.hasOwn(WORDS, word) ? Number(WORDS[word]) : (codePoint(word) ?? number);
  if (value >= 0 && value <= 255) return value;
  throw new NcxError(
    "USAGE",
    `Cannot parse type of service ${quote(text)}: not one of its values`,
    {
      hint: "use lowdelay, throughput, ef, cs0-cs7, af11-af43 or 0-255",
    },
  );
}

/** `cs3` and `af21`: six bits that stand above two others. */
function codePoint(word: string): number | undefined {
  const found = /^cs([0-7])$/.exec(word) ?? /^af([1-4])([1-3])$/.exec(word);
  // RFC 2474 §4.2.2.2: class selector N is the bits NNN000; RFC 2597 §6: AFxy is xxxyy0.
  return found ? (Number(found[1]) << 5) | (Number(found[2] ?? 0) << 3) : undefined;
}

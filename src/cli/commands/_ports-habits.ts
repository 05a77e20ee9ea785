/** What the hands know from lsof and ss, where the same words mean something else here. */
import { quote } from "../../core/errors.ts";
import { isStateName, portsIn } from "../../ports/index.ts";
import { cannot, usage } from "../usage.ts";

/** Flags of netstat and lsof in a cluster: what takes a value would have swallowed the last letter. */
const FLAGS = "[tuxla46WneHkyPvpomr]*";

/**
 * The number after a -p: lsof's pid there, but netstat's -p is a flag, and a number alone is a port. Undefined where
 * there is none.
 */
export function numberAfterP(argv: readonly string[]): string | undefined {
  return wordAfter("p", argv, /^\d+(,\d+)*$/);
}

/**
 * Refuses lsof's `-u NAME`: -u is UDP, and the name of a user is not to be looked up as a host.
 *
 * @throws {NcxError} USAGE
 */
export function refuseUserAfterU(argv: readonly string[]): void {
  const name = wordAfter("u", argv, /^[a-z_][\w-]*$/i);
  if (name === undefined || name === "localhost" || isService(name)) return;
  throw cannot(`use -u ${quote(name)}`, "-u is UDP", `for a user use --user ${name}`);
}

/** The word after a cluster that ends in this letter, if it looks so. */
function wordAfter(letter: string, argv: readonly string[], looks: RegExp): string | undefined {
  const end = argv.indexOf("--");
  const words = end < 0 ? argv : argv.slice(0, end);
  const cluster = new RegExp(`^-${FLAGS}${letter}$`);
  return words.find((word, at) => looks.test(word) && cluster.test(words[at - 1] ?? ""));
}

function isService(name: string): boolean {
  try {
    return portsIn(name).length > 0;
  } catch {
    return false; // it is a name, but no service's
  }
}

/**
 * Operands with ss's filters as key=value: `state established`, `sport = :80`, `dport = :443`, `dst 10.0.0.0/8`, each
 * by itself or all in one word, and joined by `and`. The rest is left as it is.
 *
 * @throws {NcxError} USAGE for what ss has and we don't, and for a state's name where a place should be.
 */
export function withoutSsFilters(operands: readonly string[]): string[] {
  const words = operands.flatMap((text) => (BEGINS.test(text) ? text.trim().split(/\s+/) : [text]));
  const left: string[] = [];
  const found: Record<string, string> = {};
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const [, key = "", attached = ""] =
      /^(state|sport|dport|dst|src|exclude)(?:==?(.+))?$/.exec(word) ?? [];
    if (/^([()!|]+|or|not|exclude|src)$/.test(word) || key === "exclude" || key === "src")
      throw misunderstood(word);
    if (/^(and|&&?)$/.test(word)) continue;
    // `state=listen` is a key of our own.
    if (key === "" || (key === "state" && attached !== "")) {
      if (isStateName(word)) throw aState(word);
      left.push(word);
      continue;
    }
    if (attached === "" && /^(=|==|eq)$/.test(words[at + 1] ?? "") && key !== "state") at += 1;
    const value = attached === "" ? words[(at += 1)] : attached;
    if (value === undefined || /^([<>!=]|[lgn]e$|[lg]t$|neq$)/.test(value))
      throw misunderstood(word);
    if (key === "state") left.push(`state=${value}`);
    else if (found[key] !== undefined) throw misunderstood(word);
    else found[key] = value;
  }
  return [...left, ...asKeys(found, left)];
}

/** The first word of an expression, more of it in the same word. */
const BEGINS = /^\s*[(!]*\s*(state|exclude|src|dst|sport|dport|not)\s/;

/** Here any of one key may hold, with ss all must: so what would be of one key becomes one filter. */
function asKeys(
  { sport, dport, dst }: Record<string, string>,
  others: readonly string[],
): string[] {
  const clash = others.find(
    (text) =>
      (sport !== undefined && text.startsWith("port=")) ||
      ((dport ?? dst) !== undefined && text.startsWith("remote=")),
  );
  if (clash !== undefined) throw misunderstood(clash);
  const port = portOf(dport);
  const keys = sport === undefined ? [] : [`port=${portOf(sport)}`];
  if (dst === undefined) return dport === undefined ? keys : [...keys, `remote=:${port}`];
  if (dport !== undefined && /^[^:]*:\d+$|\]:\d+$/.test(dst)) throw misunderstood("dport");
  const host = dport !== undefined && /:.*:/.test(dst) && !dst.startsWith("[") ? `[${dst}]` : dst;
  return [...keys, `remote=${dport === undefined ? dst : `${host}:${port}`}`];
}

/** `:80`, `*:80` and `80` are the same; a service by name is its port. */
function portOf(text = ""): string {
  const name = text.replace(/^\*?:/, "");
  if (/^\d/.test(name) || !isService(name)) return name;
  return portsIn(name)
    .map(({ first }) => first)
    .join(",");
}

function misunderstood(word: string): Error {
  return usage(
    `Cannot read ss's filter at ${quote(word)}: of its language only state, sport =, dport = and dst are understood, each once`,
    "use state=, port=, remote=, and a place such as 127.0.0.1:80",
  );
}

function aState(word: string): Error {
  return cannot(`parse place ${quote(word)}`, "that is a state", `use state=${word}`);
}

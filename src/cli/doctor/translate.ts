/** Another netcat's line as ncx spells it: the same options by name, the operands where ncx has them. */
import { formatCommand } from "../../core/command.ts";
import { takesValue } from "../options/index.ts";
import type { Option } from "../options/index.ts";
import { rowOf } from "./programs.ts";
import { HIDDEN } from "./secrets.ts";
import { means, valueFor, type Flag, type Reading } from "./reading.ts";

export interface Translation {
  /** The words after `ncx`. */
  readonly command: readonly string[];
  /** A sentence for each flag that has no part in it. */
  readonly dropped: readonly string[];
  /** Whether a proxy's credentials are to be in NCX_PROXY_AUTH. */
  readonly login: boolean;
}

/** Words that ncx takes for a mode where they come first. */
const MODES = /^(?:listen|connect|relay|http|completion|doctor|ports|services|help)$/;
/** What becomes part of the operands, of another option, or needs none. */
const PLACED: readonly string[] = [
  "listen",
  "proxy",
  "proxy-type",
  "proxy-auth",
  "shutdown",
  "wait",
  "tls-verify",
];
const PROGRAM: readonly string[] = ["exec", "sh-exec", "lua-exec"];

/** What the flags become, in the order of the line. */
interface Parts {
  /** The letters that take no value. */
  readonly cluster: string[];
  readonly options: string[];
  /** The program to run, with its flag. */
  readonly programs: string[];
  readonly dropped: string[];
}

/** Never throws: what ncx has not is left out, and told of. */
export function translate(reading: Reading): Translation {
  const listens = means(reading, "listen");
  const { operands, placed, peer } = placeOperands(reading, listens);
  const asked = ["help", "version"].find((name) => means(reading, name));
  if (asked !== undefined) return { command: [`--${asked}`], dropped: [], login: false };
  const parts: Parts = { cluster: [], options: [], programs: [], dropped: [] };
  for (const flag of reading.flags) {
    const row = usableRow(flag, reading, parts.dropped);
    if (row && !PLACED.includes(row.name) && !placed.includes(row.name)) addRow(row, flag, parts);
  }
  for (const flag of reading.flags) addOwn(flag, parts);
  parts.options.push(
    ...(peer === undefined ? [] : ["--allow", peer]),
    ...proxyWords(reading, listens),
    ...waitWords(reading, listens),
    ...tlsWords(reading),
  );
  const flags = `${listens ? "l" : ""}${parts.cluster.join("")}`;
  const isAmbiguous = reading.program.letters && !listens && MODES.test(operands[0] ?? "");
  const start = [...(isAmbiguous ? ["connect"] : []), ...(flags === "" ? [] : [`-${flags}`])];
  return {
    command: arrange(start, parts.options, operands, parts.programs, listens),
    dropped: parts.dropped,
    login: means(reading, "proxy-auth") || isLogin(valueFor(reading, "proxy")),
  };
}

function addRow(row: Option, { value = "" }: Flag, { cluster, options, programs }: Parts): void {
  const { letter, name, type } = row;
  if (takesValue(row)) (PROGRAM.includes(name) ? programs : options).push(spellingOf(row), value);
  else if (letter === undefined) options.push(`--${name}`);
  else if (type === "count" || !cluster.includes(letter)) cluster.push(letter);
}

/** A flag that no option stands for: the words that do the same, or what to do instead. */
function addOwn({ meaning, words, spelling, value }: Flag, parts: Parts): void {
  if (typeof meaning !== "object") return;
  const { rest, ncx, instead = "ncx has nothing like it" } = meaning;
  if (rest) parts.programs.push("-e", formatCommand(words ?? []));
  else if (ncx) parts.options.push(...ncx);
  else
    parts.dropped.push(`Left out ${spelling}${value === undefined ? "" : ` ${value}`}: ${instead}`);
}

/** A listener's port stands by its -l; a program at the end of the line. */
function arrange(
  start: readonly string[],
  options: readonly string[],
  operands: readonly string[],
  programs: readonly string[],
  listens: boolean,
): string[] {
  if (operands.some((word) => word.startsWith("-")))
    return [...start, ...options, ...programs, "--", ...operands];
  return listens
    ? [...start, ...operands, ...options, ...programs]
    : [...start, ...options, ...operands, ...programs];
}

/** The flag's option, if it is one that ncx has; else undefined, and a sentence for it. */
function usableRow(
  { spelling, meaning, value }: Flag,
  { program }: Reading,
  dropped: string[],
): Option | undefined {
  if (meaning === undefined) {
    dropped.push(`Left out ${spelling}: ${program.title} has no such flag`);
    return undefined;
  }
  const row = rowOf(meaning);
  if (!row) return undefined;
  const reason =
    row.refused ??
    (row.later ? "not yet there" : typeof row.ignored === "string" ? row.ignored : undefined);
  if (reason !== undefined) {
    dropped.push(`Left out ${spelling}: ${reason}`);
    return undefined;
  }
  if (takesValue(row) && value === undefined) {
    dropped.push(`Left out ${spelling}: its value is missing`);
    return undefined;
  }
  return row;
}

interface Placement {
  readonly operands: readonly string[];
  /** The options that are among them now. */
  readonly placed: readonly string[];
  /** The one peer that may connect. */
  readonly peer?: string;
}

/** The operands as ncx takes them. */
function placeOperands(reading: Reading, listens: boolean): Placement {
  const { operands, program } = reading;
  const { connectPort, listenPort, listenOperands } = program.habits;
  if (means(reading, "unix")) return { operands, placed: [] };
  if (!listens) {
    const isBare = operands.length === 1 && connectPort !== undefined;
    return { operands: isBare ? [...operands, String(connectPort)] : operands, placed: [] };
  }
  const source = valueFor(reading, "source");
  const port = valueFor(reading, "port") ?? (listenOperands === "peer" ? "0" : undefined);
  const placed = ["source", "port"];
  if (listenOperands === "peer") {
    const [peer] = operands;
    const bound = [...(source === undefined ? [] : [source]), port ?? "0"];
    return { operands: bound, placed, ...(peer !== undefined && { peer }) };
  }
  const [first, second] = operands;
  const single = second === undefined && first !== undefined;
  const isPort = single && port === undefined && (/^\d+$/.test(first) || listenPort === undefined);
  const host = source ?? (isPort ? undefined : first);
  const found = port ?? second ?? (isPort ? first : undefined) ?? listenPort?.toString();
  return { operands: [host, found].filter((word) => word !== undefined), placed };
}

/** One URL for the proxy and its protocol. */
function proxyWords(reading: Reading, listens: boolean): string[] {
  const type = valueFor(reading, "proxy-type");
  if (listens) return type === undefined ? [] : ["--proxy-type", type];
  const given = valueFor(reading, "proxy");
  if (given === undefined) return [];
  const at = given.replace(`${HIDDEN}@`, "");
  if (/^\w+:\/\//.test(at)) return ["-x", at];
  const schemes: Readonly<Record<string, string>> = { connect: "http", 4: "socks4", 5: "socks5" };
  const scheme = (type ?? reading.program.proxyType).toLowerCase();
  return ["-x", `${Object.hasOwn(schemes, scheme) ? schemes[scheme] : scheme}://${at}`];
}

/** Whether a proxy's address had a user in it. */
function isLogin(proxy: string | undefined): boolean {
  return proxy?.includes(`${HIDDEN}@`) === true;
}

/** `-w`: of connecting, of silence, or of both. */
function waitWords(reading: Reading, listens: boolean): string[] {
  const wait = valueFor(reading, "wait");
  if (wait === undefined) return [];
  const { waitIsIdle } = reading.program.habits;
  if (waitIsIdle && /^0+$/.test(wait)) return ["-q", "0"];
  return [
    ...(listens ? [] : ["-w", wait]),
    ...(waitIsIdle && !means(reading, "zero") ? ["--idle-timeout", wait] : []),
  ];
}

/** ncat's --ssl-verify, and any other flag of its TLS, asks for TLS. */
function tlsWords(reading: Reading): string[] {
  const asks = reading.flags.some(
    ({ meaning }) => typeof meaning === "string" && meaning.startsWith("tls-"),
  );
  return asks && !means(reading, "tls") ? ["--tls"] : [];
}

function spellingOf({ letter, name }: Option): string {
  return letter === undefined ? `--${name}` : `-${letter}`;
}

/** What of the sockets is wanted: flags, and operands that are places or key=value. */
import { NcxError, quote } from "../../core/errors.ts";
import {
  parsePlaceFilter,
  parseStates,
  portsIn,
  type ListingOptions,
  type PlaceFilter,
  type PortsOptions,
  type SocketProtocol,
} from "../../ports/index.ts";
import type { Args } from "../args.ts";
import type { PortRange } from "../../core/ranges.ts";
import { nearest } from "../suggest.ts";
import { usage } from "../usage.ts";
import { withoutSsFilters } from "./_ports-habits.ts";

/** The filters as they were typed, whichever way: lists join, of the others the last one wins. */
interface Wishes {
  readonly places: string[];
  readonly eitherEnd: string[];
  readonly ports: string[];
  readonly pids: string[];
  readonly programs: string[];
  readonly users: string[];
  readonly states: string[];
  readonly remotes: string[];
  readonly exposure: string[];
  readonly categories: string[];
  readonly protocols: string[];
}

/** Keys of key=value, and which wish each is. */
const KEYS: Readonly<Record<string, keyof Wishes>> = {
  port: "ports",
  pid: "pids",
  program: "programs",
  user: "users",
  state: "states",
  remote: "remotes",
  exposure: "exposure",
  category: "categories",
  proto: "protocols",
  inet: "eitherEnd",
};

const EXPOSURES = ["loopback", "lan", "all"] as const;
const CATEGORIES = ["well-known", "registered", "dynamic"] as const;
const PROTOCOLS: Readonly<Record<string, readonly SocketProtocol[]>> = {
  tcp: ["tcp"],
  udp: ["udp"],
  unix: ["unix"],
  all: ["tcp", "udp", "unix"],
};

/** A place, and how it was typed. */
interface Typed {
  readonly text: string;
  readonly place: PlaceFilter;
}

/** One thing that was asked for by itself: a port of a list, a pid, a name. */
export interface Part {
  /** As it is talked of. */
  readonly text: string;
  readonly wants: PortsOptions;
}

/** What is listed, and of what it was put together. */
export interface Query {
  readonly options: ListingOptions;
  readonly parts: readonly Part[];
}

/**
 * The options of a listing. Of one kind of filter any may hold, of several kinds all must.
 *
 * @throws {NcxError} USAGE, ADDRESS for what makes no sense; RESOLVE.
 */
export async function toQuery(args: Args): Promise<Query> {
  const wishes = gather(args);
  // To end what listens at a port is not to end who has come to it.
  const eitherEnd = !args.kill;
  const at: Typed[] = [];
  const inet: Typed[] = [];
  for (const text of wishes.places) at.push({ text, place: await parsePlaceFilter(text) });
  for (const text of wishes.eitherEnd) inet.push({ text, place: await inetPlace(text, eitherEnd) });
  const options = toOptions(args, wishes, at.map(placeOf), inet.map(placeOf));
  const { ports = [], pids = [], programs = [], users = [], remotes = [] } = options;
  const parts = [
    ...at.flatMap((typed) => placeParts("at", typed)),
    ...inet.flatMap((typed) => placeParts("inet", typed)),
    ...ports.map((range) => ({ text: portText(range), wants: { ports: [range] } })),
    ...pids.map((pid) => ({ text: `pid ${pid}`, wants: { pids: [pid] } })),
    ...programs.map((name) => ({ text: `program ${quote(name)}`, wants: { programs: [name] } })),
    ...users.map((name) => ({ text: `user ${quote(name)}`, wants: { users: [name] } })),
    ...remotes.map((text) => ({ text: `remote ${quote(text)}`, wants: { remotes: [text] } })),
    ...wishes.states.map((text) => ({
      text: `state ${quote(text)}`,
      wants: { states: parseStates(text) },
    })),
  ];
  return { options, parts };
}

function placeOf({ place }: Typed): PlaceFilter {
  return place;
}

/** Each port of a list by itself. */
function placeParts(key: "at" | "inet", { text, place }: Typed): Part[] {
  const { ports = [] } = place;
  const only = Object.keys(place).every((field) => field === "ports" || field === "eitherEnd");
  if (ports.length === 0) return [{ text: quote(text), wants: { [key]: [place] } }];
  return ports.map((range) => ({
    text: only
      ? portText(range)
      : ports.length === 1
        ? quote(text)
        : `${portText(range)} of ${quote(text)}`,
    wants: { [key]: [{ ...place, ports: [range] }] },
  }));
}

function portText({ first, last }: PortRange): string {
  return first === last ? `port ${first}` : `ports ${first}-${last}`;
}

function toOptions(
  args: Args,
  wishes: Wishes,
  at: readonly PlaceFilter[],
  inet: readonly PlaceFilter[],
): ListingOptions {
  const family = args.ipv4 === args.ipv6 ? undefined : args.ipv4 ? 4 : 6;
  const pids = wishes.pids.flatMap((text) => text.split(",")).map(toPid);
  const all = args.all === true || (args.inet !== undefined && !args.listening && !args.kill);
  return {
    protocols: protocolsOf(args, wishes, [at, inet]),
    all,
    ...(family && { family }),
    ...given("at", at),
    ...given("inet", inet),
    ...given("ports", wishes.ports.flatMap(portsIn)),
    ...given("pids", pids),
    ...given("programs", wishes.programs),
    ...given("users", wishes.users),
    ...given("states", wishes.states.flatMap(parseStates)),
    ...given("remotes", wishes.remotes),
    ...given(
      "exposure",
      wishes.exposure.map((text) => oneOf("exposure", text, EXPOSURES)),
    ),
    ...given(
      "categories",
      wishes.categories.map((text) => oneOf("category", text, CATEGORIES)),
    ),
    ...(args.numeric && { names: false }),
  };
}

/** After -i a 4 or 6 alone is a family, as with lsof; a port there is `:4`. */
async function inetPlace(text: string, eitherEnd: boolean): Promise<PlaceFilter> {
  if (text === "4" || text === "6") return { family: text === "4" ? 4 : 6 };
  return { ...(await parsePlaceFilter(text)), eitherEnd };
}

/** Whether anything says whose sockets are meant: a protocol, a family or `*` alone does not. */
export function isNarrow(options: ListingOptions): boolean {
  const { at, inet, ports, pids, programs, users, remotes } = options;
  if ([ports, pids, users, remotes].some((list) => list !== undefined)) return true;
  if (programs?.every((name) => /[^*]/.test(name))) return true;
  const isSomewhere = ({ addresses, ports: own, path }: PlaceFilter): boolean =>
    [addresses, own, path].some((part) => part !== undefined);
  return at?.every(isSomewhere) === true || inet?.every(isSomewhere) === true;
}

function gather(args: Args): Wishes {
  const wishes: Wishes = {
    places: [],
    eitherEnd: [...(args.inet ?? [])],
    ports: args.port === undefined ? [] : [args.port],
    pids: args.pid === undefined ? [] : [args.pid],
    programs: [...(args.program ?? [])],
    users: [...(args.user ?? [])],
    states: [...(args.state ?? [])],
    remotes: [...(args.remote ?? [])],
    exposure: args.exposure === undefined ? [] : [args.exposure],
    categories: args.category === undefined ? [] : [args.category],
    protocols: [],
  };
  for (const operand of withoutSsFilters(args.operands)) {
    const [, key, value = ""] = /^([a-z]+)=(.*)$/is.exec(operand) ?? [];
    if (key === undefined) wishes.places.push(operand);
    else wishes[wishCalled(key.toLowerCase(), operand)].push(value);
  }
  return wishes;
}

function wishCalled(key: string, operand: string): keyof Wishes {
  const wish = key === "protocol" ? "protocols" : Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
  if (wish) return wish;
  const near = nearest(key, Object.keys(KEYS));
  throw usage(
    `Cannot use filter ${quote(operand)}: unknown key`,
    near === undefined ? `use ${Object.keys(KEYS).join("=, ")}=` : `did you mean ${near}=?`,
  );
}

function protocolsOf(
  args: Args,
  wishes: Wishes,
  places: readonly (readonly PlaceFilter[])[],
): SocketProtocol[] {
  const chosen = new Set<SocketProtocol>();
  if (args.tcp) chosen.add("tcp");
  if (args.udp) chosen.add("udp");
  if (args.unix) chosen.add("unix");
  for (const text of wishes.protocols)
    for (const protocol of PROTOCOLS[oneOf("protocol", text, Object.keys(PROTOCOLS))] ?? [])
      chosen.add(protocol);
  if (chosen.size > 0) return [...chosen];
  // A path is a unix socket's, and only a place of the others is theirs.
  const isPath = ({ protocol }: PlaceFilter): boolean => protocol === "unix";
  if (!places.some((list) => list.some(isPath))) return ["tcp", "udp"];
  return places.every((list) => list.every(isPath)) ? ["unix"] : ["tcp", "udp", "unix"];
}

function toPid(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw usage(`Cannot parse pid ${quote(text)}: not a whole number`, "use 4242 or 17,4242");
}

function oneOf<T extends string>(what: string, text: string, choices: readonly T[]): T {
  const lower = text.toLowerCase();
  const found = choices.find((choice) => choice === lower);
  if (found !== undefined) return found;
  throw new NcxError("USAGE", `Cannot use ${what} ${quote(text)}: not one of its values`, {
    hint: `use ${choices.join(", ")}`,
  });
}

/** An option only where there is something in it. */
function given<K extends string, T>(key: K, list: readonly T[]): { [P in K]?: readonly T[] } {
  return list.length > 0 ? ({ [key]: list } as { [P in K]: readonly T[] }) : {}; // a computed key widens to string
}

/** What of the sockets is wanted: flags, and operands that are places or key=value. */
import { NcxError, quote } from "../../core/errors.ts";
import {
  parsePlaceFilter,
  parseStates,
  portsIn,
  type ListingOptions,
  type PlaceFilter,
  type SocketProtocol,
} from "../../ports/index.ts";
import type { Args } from "../args.ts";
import { nearest } from "../suggest.ts";
import { usage } from "../usage.ts";

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
  protocol: "protocols",
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

/**
 * The options of a listing.
 *
 * @throws {NcxError} USAGE, ADDRESS for what makes no sense; RESOLVE.
 */
export async function toListing(args: Args): Promise<ListingOptions> {
  const wishes = gather(args);
  // To end what listens at a port is not to end who has come to it.
  const eitherEnd = !args.kill;
  const at: PlaceFilter[] = [];
  for (const text of wishes.places) at.push(await parsePlaceFilter(text));
  for (const text of wishes.eitherEnd) at.push(await inetPlace(text, eitherEnd));
  const family = args.ipv4 === args.ipv6 ? undefined : args.ipv4 ? 4 : 6;
  const pids = wishes.pids.flatMap((text) => text.split(",")).map(toPid);
  const all = args.all === true || (args.inet !== undefined && !args.listening && !args.kill);
  return {
    protocols: protocolsOf(args, wishes, at),
    all,
    ...(family && { family }),
    ...(at.length > 0 && { at }),
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

/** Whether anything says which sockets are meant. */
export function isNarrow(options: ListingOptions): boolean {
  const { at, ports, pids, programs, users, remotes } = options;
  return [at, ports, pids, programs, users, remotes].some((list) => list !== undefined);
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
  for (const operand of args.operands) {
    const [, key, value = ""] = /^([a-z]+)=(.*)$/is.exec(operand) ?? [];
    if (key === undefined) wishes.places.push(operand);
    else wishes[wishCalled(key.toLowerCase(), operand)].push(value);
  }
  return wishes;
}

function wishCalled(key: string, operand: string): keyof Wishes {
  const wish = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
  if (wish) return wish;
  const near = nearest(key, Object.keys(KEYS));
  throw usage(
    `Cannot use filter ${quote(operand)}: unknown key`,
    near === undefined ? `use ${Object.keys(KEYS).join("=, ")}=` : `did you mean ${near}=?`,
  );
}

function protocolsOf(args: Args, wishes: Wishes, at: readonly PlaceFilter[]): SocketProtocol[] {
  const chosen = new Set<SocketProtocol>();
  if (args.tcp) chosen.add("tcp");
  if (args.udp) chosen.add("udp");
  if (args.unix) chosen.add("unix");
  for (const text of wishes.protocols)
    for (const protocol of PROTOCOLS[oneOf("protocol", text, Object.keys(PROTOCOLS))] ?? [])
      chosen.add(protocol);
  if (chosen.size > 0) return [...chosen];
  // A path is a unix socket's, and only a place of the others is theirs.
  const unix = at.filter(({ protocol }) => protocol === "unix");
  if (unix.length > 0 && unix.length === at.length) return ["unix"];
  return unix.length > 0 ? ["tcp", "udp", "unix"] : ["tcp", "udp"];
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

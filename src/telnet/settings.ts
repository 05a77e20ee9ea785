/** What toggles, and where it stands. */

export interface Settings {
  /** Enter sends CR LF instead of CR NUL. */
  crlf: boolean;
  /** A CR received is a CR LF. */
  crmod: boolean;
  /** The negotiation is shown. */
  options: boolean;
  /** What crosses the network is shown in hexadecimal. */
  netdata: boolean;
  /** ^C and its like become commands of telnet's; undefined: where lines are edited here, and not elsewhere. */
  localchars: boolean | undefined;
}

/** What `toggle ?` and `display` say of each; `binary` is asked of the negotiation. */
export const TOGGLES = {
  binary: "sends and receives 8-bit characters (BINARY)",
  crlf: "sends Enter as CR LF, not as CR NUL",
  crmod: "takes a received CR for a new line",
  localchars: "turns ^C, ^Z and ^\\ into telnet commands",
  netdata: "shows what crosses the network, in hexadecimal",
  options: "shows the negotiation",
} as const;

export type Toggle = keyof typeof TOGGLES;
export const TOGGLE_NAMES: readonly Toggle[] = Object.keys(TOGGLES) as Toggle[]; // its own keys

export function defaultSettings(): Settings {
  return { crlf: false, crmod: false, options: false, netdata: false, localchars: undefined };
}

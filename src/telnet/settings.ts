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

/** What each does while it is on; `binary` is asked of the negotiation. */
export const TOGGLES = {
  binary: "8-bit characters are sent and received (BINARY)",
  crlf: "Enter is sent as CR LF, not as CR NUL",
  crmod: "a received CR begins a new line",
  localchars: "^C, ^Z and ^\\ become telnet commands",
  netdata: "what crosses the network is shown in hexadecimal",
  options: "the negotiation is shown",
} as const;

export type Toggle = keyof typeof TOGGLES;
export const TOGGLE_NAMES: readonly Toggle[] = Object.keys(TOGGLES) as Toggle[]; // its own keys

export function defaultSettings(): Settings {
  return { crlf: false, crmod: false, options: false, netdata: false, localchars: undefined };
}

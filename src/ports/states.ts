/** The names that netstat, ss and lsof have for the states of a socket. */
import { NcxError, quote } from "../core/errors.ts";
import type { SocketState } from "../platform/sockets.ts";

const STATES: readonly SocketState[] = [
  "LISTEN",
  "ESTABLISHED",
  "SYN_SENT",
  "SYN_RECV",
  "FIN_WAIT1",
  "FIN_WAIT2",
  "TIME_WAIT",
  "CLOSE",
  "CLOSE_WAIT",
  "LAST_ACK",
  "CLOSING",
  "UNCONNECTED",
];

// ss's, lsof's and what people type.
const ALIASES: Readonly<Record<string, readonly SocketState[]>> = {
  LISTENING: ["LISTEN"],
  ESTAB: ["ESTABLISHED"],
  // As ss groups them.
  CONNECTED: without("LISTEN", "CLOSE", "TIME_WAIT", "SYN_RECV", "UNCONNECTED"),
  SYNCHRONIZED: without("LISTEN", "CLOSE", "SYN_SENT", "UNCONNECTED"),
  SYN_RCVD: ["SYN_RECV"],
  SYN_RECEIVED: ["SYN_RECV"],
  FIN_WAIT_1: ["FIN_WAIT1"],
  FIN_WAIT_2: ["FIN_WAIT2"],
  FIN_WAIT: ["FIN_WAIT1", "FIN_WAIT2"],
  CLOSED: ["CLOSE"],
  UNCONN: ["UNCONNECTED"],
  IDLE: ["UNCONNECTED"],
  ALL: STATES,
};

/** The names that are shown to whoever uses another. */
const NAMES: readonly string[] = [...STATES, "CONNECTED", "SYNCHRONIZED", "ALL"].map((state) =>
  state.toLowerCase().replaceAll("_", "-"),
);

/**
 * The states that a list such as `listen,time-wait` names; lsof's `TCP:LISTEN` is understood.
 *
 * @throws {NcxError} USAGE for a name that no state has.
 */
export function parseStates(text: string): SocketState[] {
  return text
    .replace(/^(tcp|udp):/i, "")
    .split(",")
    .flatMap(statesNamed);
}

/** Whether one state or a group of them is called so. */
export function isStateName(text: string): boolean {
  const upper = text.toUpperCase().replaceAll("-", "_");
  if (upper === "ALL") return false;
  return STATES.some((state) => state === upper) || Object.hasOwn(ALIASES, upper);
}

function without(...left: readonly SocketState[]): SocketState[] {
  return STATES.filter((state) => !left.includes(state));
}

function statesNamed(name: string): readonly SocketState[] {
  const upper = name.trim().toUpperCase().replaceAll("-", "_");
  const state = STATES.find((known) => known === upper);
  if (state) return [state];
  const meant = Object.hasOwn(ALIASES, upper) ? ALIASES[upper] : undefined;
  if (meant) return meant;
  throw new NcxError("USAGE", `Cannot use state ${quote(name)}: no socket has it`, {
    hint: `use ${NAMES.join(", ")}`,
  });
}

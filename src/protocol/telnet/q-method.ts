/**
 * RFC 1143, the Q method: how to agree on an option without ever going in circles. One table for both sides, as the RFC
 * has it: what is DO and DONT of the peer's options is WILL and WONT of ours.
 */

/** Where one option stands. "opposite": the contrary of what we are asking for has been queued behind it. */
export type QState =
  | "no"
  | "yes"
  | "want-no"
  | "want-no-opposite"
  | "want-yes"
  | "want-yes-opposite";

/** What may happen to it: the peer says yes or no (to our asking, or of itself), or we would like to change it. */
export type QInput = "peer-yes" | "peer-no" | "enable" | "disable";

/** What becomes of it, and what is sent: "yes" is WILL or DO, "no" is WONT or DONT. */
export interface QStep {
  readonly next: QState;
  readonly send?: "yes" | "no";
}

type Row = Readonly<Record<QInput, QStep>>;

const NO: QStep = { next: "no" };
const YES: QStep = { next: "yes" };

/** RFC 1143 §7. "no" with "peer-yes" is the step where we are willing; otherwise it is refused. */
const TABLE: Readonly<Record<QState, Row>> = {
  no: {
    "peer-yes": { next: "yes", send: "yes" },
    "peer-no": NO,
    enable: { next: "want-yes", send: "yes" },
    disable: NO,
  },
  yes: {
    "peer-yes": YES,
    "peer-no": { next: "no", send: "no" },
    enable: YES,
    disable: { next: "want-no", send: "no" },
  },
  "want-no": {
    "peer-yes": NO, // an error of the peer's: "DONT answered by WILL"
    "peer-no": NO,
    enable: { next: "want-no-opposite" },
    disable: { next: "want-no" },
  },
  "want-no-opposite": {
    "peer-yes": YES, // the same error, and what we want by now
    "peer-no": { next: "want-yes", send: "yes" },
    enable: { next: "want-no-opposite" },
    disable: { next: "want-no" },
  },
  "want-yes": {
    "peer-yes": YES,
    "peer-no": NO,
    enable: { next: "want-yes" },
    disable: { next: "want-yes-opposite" },
  },
  "want-yes-opposite": {
    "peer-yes": { next: "want-no", send: "no" },
    "peer-no": NO,
    enable: { next: "want-yes" },
    disable: { next: "want-yes-opposite" },
  },
};

/** The next step. A peer's yes to what is off is taken if `willing`, and refused otherwise. */
export function step(state: QState, input: QInput, willing: boolean): QStep {
  if (state === "no" && input === "peer-yes" && !willing) return { next: "no", send: "no" };
  return TABLE[state][input];
}

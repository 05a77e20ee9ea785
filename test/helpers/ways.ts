/** The ways that a link between two sockets can go, and how a test has it go there. */
import type { Socket } from "node:net";
import type { Connection } from "../../src/stream/connection.ts";
import { readText } from "./sockets.ts";

export interface Way {
  readonly name: string;
  /** Whether the sockets' handles are taken over in the end. */
  readonly direct: boolean;
  /** Whether a lot is to pass before the test proper. */
  readonly warm: boolean;
  /** To be called before the link is. */
  prepare(near: Connection): void;
}

export const WAYS: readonly Way[] = [
  { name: "that has just begun", direct: false, warm: false, prepare: () => {} },
  { name: "that has gone direct", direct: true, warm: true, prepare: () => {} },
  { name: "that cannot, for want of _handle", direct: false, warm: true, prepare: hideHandle },
];

const STEP = Buffer.alloc(65_536, "w");
const STEPS = 32;

/** What a warm-up passes, each way. */
export const WARM_BYTES: number = STEP.length * STEPS;

/** Passes a lot between the two ends of a link, both ways, step by step: it stands still in between. */
export async function warmUp(one: Socket, other: Socket): Promise<void> {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    for (let step = 0; step < STEPS; step += 1) {
      from.write(STEP);
      await readText(to, STEP.length);
    }
  }
}

/** Makes a socket that of a Node without the private `_handle`, to whoever would take it over. */
export function hideHandle({ stream }: Connection): void {
  let handle: unknown = Reflect.get(stream, "_handle");
  Object.defineProperty(stream, "_handle", {
    configurable: true,
    get: () => (new Error().stack?.includes("canTakeOver") ? undefined : handle),
    set(value: unknown) {
      handle = value;
    },
  });
}

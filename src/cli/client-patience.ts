/** How long a listener waits for somebody to come. */
import type { Args } from "./args.ts";
import { PERSONALITIES } from "./personality.ts";

export interface Patience {
  /** Calls back when the time is up and nobody has come. */
  start(over: () => void): void;
  /** Somebody has come, or the wait has another end. */
  met(): void;
}

/** `-w` where it bounds the wait for the first client; else there is no bound. */
export function clientPatience({ personality, wait = 0 }: Args): Patience {
  let timer: NodeJS.Timeout | undefined;
  let hasMet = wait === 0 || !PERSONALITIES[personality].waitBoundsListen;
  return {
    start: (over) => void (hasMet || (timer = setTimeout(over, wait))),
    met() {
      hasMet = true;
      clearTimeout(timer);
    },
  };
}

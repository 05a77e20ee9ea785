/** The signals that end a run: the first asks to stop, the second insists, the third leaves. */

export interface Signals {
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
  /** 128 and its number once there was one. */
  readonly exitCode: () => number | undefined;
}

// A terminal that closes sends SIGHUP, ^\ SIGQUIT: a unix socket is to be removed then, too.
const CODES = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 } as const;

export function listenToSignals(): Signals {
  const stop = new AbortController();
  const abort = new AbortController();
  let code: number | undefined;
  function onSignal(signal: keyof typeof CODES): void {
    if (abort.signal.aborted) process.exit(code);
    if (stop.signal.aborted) abort.abort();
    code ??= CODES[signal];
    stop.abort();
  }
  for (const signal of Object.keys(CODES)) process.on(signal, onSignal);
  return { stop: stop.signal, abort: abort.signal, exitCode: () => code };
}

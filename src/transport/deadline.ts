/** The caller's signal and a dial's own deadline, as one. */
export function dialSignal(options: {
  signal?: AbortSignal;
  timeout?: number;
}): AbortSignal | undefined {
  const { signal, timeout } = options;
  if (timeout === undefined) return signal;
  const deadline = AbortSignal.timeout(timeout);
  return signal ? AbortSignal.any([signal, deadline]) : deadline;
}

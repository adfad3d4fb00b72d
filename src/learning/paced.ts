import { setImmediate } from 'node:timers/promises';

/** Runs a generator to its end at once. */
export function drained<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value;
  }
}

/**
 * Runs a generator to its end with a turn of the event loop at each of its steps: a signal handler or
 * an HTTP server would else not run while a whole split is evaluated.
 *
 * @returns what the generator returns; null when the signal was aborted before it came to its end
 */
export async function paced<T>(
  steps: Generator<unknown, T>,
  signal: AbortSignal | undefined,
): Promise<T | null> {
  try {
    for (;;) {
      const next = steps.next();
      if (next.done) return next.value;
      await setImmediate();
      if (signal?.aborted) return null;
    }
  } finally {
    // Has the generator's own `finally` run where it was left early.
    steps.return(undefined as T);
  }
}

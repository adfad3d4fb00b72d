import type { Worker } from './job.ts';
import type { Work } from './work/context.ts';

/** Does work in this thread. */
export function inProcess<Arguments, Event, Result>(
  load: () => Promise<Work<Arguments, Event, Result>>,
  args: Arguments,
): Worker<Event, Result> {
  return async (emit, signal) => {
    const begin = await load();
    const events = begin(args, { signal, onEvent: (event) => void emit(event) });
    for (;;) {
      const next = await events.next();
      if (next.done) return next.value;
      await emit(next.value);
    }
  };
}

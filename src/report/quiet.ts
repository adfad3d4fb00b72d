import type { RunEvent } from '../run/events.ts';
import { type Output, write } from './output.ts';
import type { Reporter } from './reporter.ts';

/** Nothing but warnings. */
export function quiet(output: Output): Reporter {
  return async (events) => {
    let last: RunEvent | undefined;
    for await (const event of events) {
      if (event.type === 'warning') await write(output, `warning: ${event.message}\n`);
      last = event;
    }
    return last;
  };
}

import type { RunEvent } from '../run/events.ts';
import { type Output, write } from './output.ts';
import type { Reporter } from './reporter.ts';

/** Every event as one line of JSON. */
export function jsonLines(output: Output): Reporter {
  return async (events) => {
    let last: RunEvent | undefined;
    for await (const event of events) {
      await write(output, `${JSON.stringify(event)}\n`);
      last = event;
    }
    return last;
  };
}

import type { RunEvent } from '../run/events.ts';
import {
  deriveStartLine,
  epochLine,
  Figures,
  recoveryLine,
  startLine,
  trainEpochLine,
  trainStartLine,
} from './figures.ts';
import { type Output, write } from './output.ts';
import type { Reporter } from './reporter.ts';

const secondsBetweenLines = 5;

/** A line at the start, every few seconds and at the end of each epoch: for files and pipes. */
export function plainLines(output: Output): Reporter {
  return async (events) => {
    const figures = new Figures();
    let last: RunEvent | undefined;
    let shown = 0;
    for await (const event of events) {
      figures.update(event);
      last = event;
      const notice = noticeOf(event);
      if (notice !== undefined) {
        await write(output, `${notice}\n`);
        shown = event.elapsed;
      } else if (event.elapsed - shown >= secondsBetweenLines) {
        const parts = [
          figures.position(),
          ...figures.values(),
          ...figures.speed(),
          ...figures.timeLeft(),
        ];
        await write(output, `${parts.join('  ')}\n`);
        shown = event.elapsed;
      }
    }
    return last;
  };
}

/** The line an event is worth by itself, if it is worth one. */
export function noticeOf(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'run:start':
      return startLine(event);
    case 'run:resume':
      return `going on from ${event.checkpoint}`;
    case 'derive:start':
      return deriveStartLine(event);
    case 'epoch:end':
      return epochLine(event);
    case 'train:start':
      return trainStartLine(event);
    case 'train:epoch':
      return trainEpochLine(event);
    case 'recovery':
      return recoveryLine(event);
    case 'warning':
      return `warning: ${event.message}`;
    default:
      return undefined;
  }
}

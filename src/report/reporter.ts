import type { RunEvent } from '../run/events.ts';

/** Shows the events of a run as they come; resolves with the last of them. */
export type Reporter = (events: AsyncIterable<RunEvent>) => Promise<RunEvent | undefined>;

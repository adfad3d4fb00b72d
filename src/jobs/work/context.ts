import type { LoadProgress } from '../../data/load.ts';

/** Image files are being decoded, which is done once for a data set. */
export interface DataDecoding {
  readonly type: 'data:decoding';
  /** Image files. */
  readonly done: number;
  readonly total: number;
}

/** What work is given besides its arguments. */
export interface Context<Event> {
  /** Aborting it makes the work throw an AbortError. */
  readonly signal: AbortSignal;
  /** For what happens while the work itself waits for something. */
  readonly onEvent: (event: Event) => void;
}

/** Work as a generator: its events, then its result. Loads what it takes when it is begun. */
export type Work<Arguments, Event, Result> = (
  args: Arguments,
  context: Context<Event>,
) => AsyncGenerator<Event, Result, undefined>;

/** Says of decoding at most a hundred times how far it is. */
export function decodingEvents(onEvent: (event: DataDecoding) => void): LoadProgress {
  let said = 0;
  return (done, total) => {
    if (done < total && done - said < total / 100) return;
    said = done;
    onEvent({ type: 'data:decoding', done, total });
  };
}

import type { Checkpoint } from '../run/checkpoint.ts';
import type { RunDirectory } from '../run/directory.ts';
import type { RunEvent } from '../run/events.ts';
import type { Clock } from './clock.ts';
import type { Dataset } from './createLearner.ts';
import type { LoadDataOptions } from './loadData.ts';

/** What a search and a training are given besides their configuration. */
export interface KeepingOptions extends LoadDataOptions {
  /** Where the run is kept, open. The caller closes it. */
  readonly runDirectory: RunDirectory;
  /** Instead of what `config.data` names. */
  readonly dataset?: Dataset;
  /** Aborting it writes a checkpoint and ends the run with an AbortError. */
  readonly signal?: AbortSignal | undefined;
  /** Go on from here rather than from the beginning. */
  readonly resume?: Checkpoint | null;
  /** Whether steps on a CUDA device, or segments of them, are captured as graphs and replayed; true by default. */
  readonly cudaGraph?: boolean;
}

/** Where a run is kept, and how it is stopped. */
export interface Keeping {
  readonly directory: RunDirectory;
  readonly clock: Clock;
  /** Records an event, which is to be yielded then. */
  readonly record: <E extends RunEvent>(event: E) => E;
  readonly signal: AbortSignal | undefined;
}

export function keepingIn(
  directory: RunDirectory,
  { clock, signal }: Pick<Keeping, 'clock' | 'signal'>,
): Keeping {
  const record = <E extends RunEvent>(event: E): E => {
    directory.record(event);
    return event;
  };
  return { directory, clock, record, signal };
}

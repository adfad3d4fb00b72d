import type { Checkpoint } from '../../src/run/checkpoint.ts';
import type { ResolvedConfig } from '../../src/run/config.ts';
import type { RunDirectory } from '../../src/run/directory.ts';
import type { RunEvent } from '../../src/run/events.ts';
import * as torch from '../../src/torch/index.ts';
import { childStep, done, start } from '../report/events.ts';

/** What the command gave to the search. */
export interface Call {
  readonly config: ResolvedConfig;
  readonly resumedAt: number | null;
}

export const calls: Call[] = [];

/** What the fake search does after a step; a test may fail or interrupt here. */
export const behaviour = { afterStep: (_step: number): void => {}, beforeAll: (): void => {} };

/**
 * Stands in for the search where only the command round it is tested: four steps, a checkpoint after
 * each, the run directory used as the search uses it.
 */
export async function* search(
  config: ResolvedConfig,
  options: {
    readonly runDirectory: RunDirectory;
    readonly signal?: AbortSignal;
    readonly resume?: Checkpoint | null;
  },
): AsyncGenerator<RunEvent> {
  const { runDirectory, signal, resume = null } = options;
  calls.push({ config, resumedAt: resume?.step ?? null });
  behaviour.beforeAll();
  const tell = (event: RunEvent): RunEvent => {
    runDirectory.record(event);
    return event;
  };
  yield tell({ ...start(), run: runDirectory.path } as RunEvent);
  for (let step = (resume?.step ?? 0) + 1; step <= 4; step++) {
    yield tell(childStep(1, step, step));
    const tensors = { shared: { w: torch.full([1], step) } };
    await runDirectory.writeCheckpoint(step, { tensors, state: null });
    behaviour.afterStep(step);
    if (signal?.aborted) throw signal.reason;
  }
  yield tell({ ...done(5), run: runDirectory.path } as RunEvent);
}

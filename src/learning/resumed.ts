import type { Checkpoint } from '../run/checkpoint.ts';
import type { RunResume, Warning } from '../run/events.ts';
import type { Clock } from './clock.ts';

/**
 * What a resumed search or training says first. Not recorded: the run's files are those of one never
 * stopped.
 */
export function* resumed(
  { state: { step, epoch } }: { readonly state: { readonly step: number; readonly epoch: number } },
  run: string,
  { path: checkpoint, warnings }: Checkpoint,
  clock: Clock,
): Generator<RunResume | Warning> {
  for (const message of warnings) {
    yield clock.stamp({ type: 'warning', step, epoch, code: 'checkpoint-damaged', message });
  }
  yield clock.stamp({ type: 'run:resume', step, epoch, run, checkpoint });
}

import { setImmediate } from 'node:timers/promises';
import { AbortError } from '../errors/abortError.ts';
import type { Keeping } from '../learning/keeping.ts';
import { paced } from '../learning/paced.ts';
import { checkParameters } from '../learning/recovery.ts';
import type { RunDirectory } from '../run/directory.ts';
import type { CheckpointWritten, RunEvent } from '../run/events.ts';
import { writeModel } from '../run/trainingFiles.ts';
import { endEpoch } from './endEpoch.ts';
import { trainEpoch } from './epoch.ts';
import { contentsOf, type TrainSession } from './session.ts';

/**
 * What is left of the epoch under way: its steps, its validation, its checkpoint.
 * @throws NotFinite when a number is not finite; AbortError, after a checkpoint, once the signal is aborted
 */
export async function* epochUnderWay(
  session: TrainSession,
  keeping: Keeping,
): AsyncGenerator<RunEvent> {
  const { directory, clock, record, signal } = keeping;
  for (const event of trainEpoch(session, clock, signal)) {
    // The run's files say what came of the steps, not how they were launched.
    yield event.type === 'warning' ? event : record(event);
    // A turn of the event loop: a signal handler or an HTTP server would else never run.
    await setImmediate();
    if (!signal?.aborted || session.inFlight > 0) continue;
    yield await writeCheckpoint(session, keeping);
    throw stopped(directory);
  }
  // Before they are kept as the best.
  checkParameters('parameters', session.parameters, session.state);
  const ended = await paced(endEpoch(session, clock), signal);
  if (ended === null) {
    yield await writeCheckpoint(session, keeping);
    throw stopped(directory);
  }
  if (ended.kept) await writeKept(session, directory);
  yield record(ended);
  yield await writeCheckpoint(session, keeping);
}

export function stopped({ path }: RunDirectory): AbortError {
  return new AbortError(`the training was stopped; ${path} can be resumed`);
}

/** Writes the parameters kept so far as the run's model. */
export async function writeKept(session: TrainSession, { path }: RunDirectory): Promise<void> {
  const { epoch } = session.state.kept!;
  await writeModel(path, session.kept, { epoch: String(epoch) });
}

/** @throws NotFinite when the parameters are not: a run goes back to whole checkpoints only */
async function writeCheckpoint(
  session: TrainSession,
  { directory, clock }: Keeping,
): Promise<CheckpointWritten> {
  checkParameters('parameters', session.parameters, session.state);
  const { step, epoch } = session.state;
  const path = await directory.writeCheckpoint(step, contentsOf(session));
  session.wentBackTo = undefined;
  return clock.stamp({ type: 'checkpoint', step, epoch, path });
}

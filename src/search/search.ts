import { setImmediate } from 'node:timers/promises';
import { AbortError } from '../errors/abortError.ts';
import { Clock, perSecond } from '../learning/clock.ts';
import type { Dataset } from '../learning/createLearner.ts';
import { resolveDevice } from '../learning/device.ts';
import type { NetworkAt, Score } from '../learning/learner.ts';
import { type LoadDataOptions, loadData } from '../learning/loadData.ts';
import { speed, validScore } from '../learning/measures.ts';
import { paced } from '../learning/paced.ts';
import { emulationWarnings } from '../learning/precision.ts';
import type { Checkpoint } from '../run/checkpoint.ts';
import type { ResolvedConfig } from '../run/config.ts';
import type { RunDirectory } from '../run/directory.ts';
import type {
  CheckpointWritten,
  EpochEnd,
  RunEvent,
  RunResume,
  RunStart,
  Warning,
} from '../run/events.ts';
import { derive } from './derive.ts';
import { omegaPhase } from './omegaPhase.ts';
import { cudaSegments, recordDue, segmentsRun } from './segments.ts';
import { childOf, contentsOf, createSession, restore, type Session } from './session.ts';
import { noSums } from './state.ts';
import { thetaPhase } from './thetaPhase.ts';

export interface SearchOptions extends LoadDataOptions {
  /** Where the run is kept, open. The caller closes it. */
  readonly runDirectory: RunDirectory;
  /** Instead of what `config.data` names. */
  readonly dataset?: Dataset;
  /** Aborting it writes a checkpoint and ends the search with an AbortError. */
  readonly signal?: AbortSignal | undefined;
  /** Go on from here rather than from the beginning. */
  readonly resume?: Checkpoint | null;
  /** Whether segments of the steps on a CUDA device are captured as graphs and replayed; true by default. */
  readonly cudaGraph?: boolean;
}

/**
 * A whole search (Pham et al. 2018, sections 2.2 and 2.3): ω and θ phases in turn for the configured
 * epochs, then the best of newly sampled architectures. Every event is recorded in the run directory
 * before it is yielded; a checkpoint is written at every epoch's end.
 *
 * @throws AbortError when the signal was aborted, after a checkpoint
 */
export async function* search(
  config: ResolvedConfig,
  { runDirectory, dataset, signal, onDataProgress, resume = null, cudaGraph = true }: SearchOptions,
): AsyncGenerator<RunEvent> {
  const clock = new Clock();
  const device = resolveDevice(config.device);
  const data = dataset ?? (await loadData(config, device, { signal, onDataProgress }));
  const session = createSession(config, data, device);
  if (resume !== null) await restore(session, resume);
  if (cudaGraph) session.segments = cudaSegments(session);

  const run = runDirectory.path;
  const record = <E extends RunEvent>(event: E): E => {
    runDirectory.record(event);
    return event;
  };
  const stopIfAsked = () => {
    if (!signal?.aborted) return;
    throw new AbortError(`the search was stopped; ${run} can be resumed`);
  };

  yield record(runStart(session, run, clock));
  yield* emulationWarnings(session, clock);
  if (resume !== null) yield* resumed(session, run, resume, clock);
  try {
    while (session.state.phase !== 'done') {
      for (const event of phases(session, clock, signal)) {
        // The run's files say what came of the steps, not how they were launched.
        yield event.type === 'warning' ? event : record(event);
        if (event.type !== 'child:step' && event.type !== 'controller:step') continue;
        // A turn of the event loop: a signal handler or an HTTP server would else never run.
        await setImmediate();
        if (session.inFlight > 0) continue;
        if (signal?.aborted) yield await writeCheckpoint(session, runDirectory, clock);
        stopIfAsked();
      }
      const valid = await paced(session.learner.evaluate(sampledAt(session), 'valid'), signal);
      if (valid === null) yield await writeCheckpoint(session, runDirectory, clock);
      stopIfAsked();
      yield* recordDue(session, clock);
      yield* segmentsRun(session, clock);
      yield record(endEpoch(session, valid!, clock));
      yield await writeCheckpoint(session, runDirectory, clock);
    }
  } finally {
    session.segments?.dispose();
    session.segments = null;
  }

  const scored = derive(session, clock, config.search.derive.samples, session.streams);
  let next = scored.next();
  for (; !next.done; next = scored.next()) {
    if (next.value !== undefined) yield record(next.value);
    await setImmediate();
    // The last epoch's checkpoint stands: resuming derives again.
    stopIfAsked();
  }
  runDirectory.writeBest(next.value);
  const { step, epoch } = session.state;
  yield record(clock.stamp({ type: 'done', step, epoch, run, best: next.value }));
}

/** What is left of the epoch under way. */
function* phases(
  session: Session,
  clock: Clock,
  signal: AbortSignal | undefined,
): Generator<RunEvent> {
  if (session.state.phase === 'omega') {
    yield* omegaPhase(session, clock, signal);
    session.state = { ...session.state, phase: 'theta', stepInPhase: 0 };
  }
  yield* thetaPhase(session, clock);
}

/** Closes the epoch under way and moves the state to the next. */
function endEpoch(session: Session, valid: Score, clock: Clock): EpochEnd {
  const { config, state, space, learner } = session;
  const { epoch, step, sums, baseline } = state;
  const thetaSteps = config.search.theta.steps;
  const hasSkips = space.decisions.some(({ kind }) => kind === 'skips');
  const last = epoch === config.search.epochs;
  session.state = {
    ...state,
    epoch: last ? epoch : epoch + 1,
    phase: last ? 'done' : 'omega',
    stepInPhase: 0,
    sums: noSums,
  };
  return clock.stamp({
    type: 'epoch:end',
    step,
    epoch,
    loss: sums.loss / learner.stepsIn(epoch),
    ...validScore(valid),
    validOver: 'sampled',
    reward: sums.reward / thetaSteps,
    baseline: baseline!,
    entropy: sums.entropy / thetaSteps,
    skipRate: hasSkips ? sums.skipRate / thetaSteps : null,
    ...speed(learner.unit, perSecond(sums.count, sums.seconds)),
  });
}

/**
 * An architecture sampled anew for each minibatch. The most likely architecture says little before the
 * controller is well trained: all its choices are alike, and on CIFAR-10 it stood at 12 % where
 * sampled ones had 27 %.
 */
function sampledAt(session: Session): NetworkAt {
  const { controller, streams, space, state } = session;
  return (index) => {
    const [choices] = controller.draw(1, streams, `valid/sample/${index}`, state.epoch);
    return childOf(session, space.decode(choices!));
  };
}

async function writeCheckpoint(
  session: Session,
  directory: RunDirectory,
  clock: Clock,
): Promise<CheckpointWritten> {
  const { step, epoch } = session.state;
  const path = await directory.writeCheckpoint(progressOf(session), contentsOf(session));
  return clock.stamp({ type: 'checkpoint', step, epoch, path });
}

/** ω and θ steps since the start of the run: rises with every step, so it can name a checkpoint. */
function progressOf({ state, config }: Session): number {
  const { theta, epochs } = config.search;
  const done = state.phase === 'done' ? epochs : state.epoch - 1;
  return state.step + done * theta.steps + (state.phase === 'theta' ? state.stepInPhase : 0);
}

function runStart(session: Session, run: string, clock: Clock): RunStart {
  const { config, learner, device, chosen, space, shared, state } = session;
  return clock.stamp({
    type: 'run:start',
    step: state.step,
    epoch: 0,
    run,
    space: space.name,
    data: learner.data,
    device,
    ...chosen,
    sharedParameters: shared.size,
    epochs: config.search.epochs,
    stepsPerEpoch: learner.stepsIn(1),
    thetaStepsPerEpoch: config.search.theta.steps,
  });
}

/** What a resumed search says first. Not recorded: the run's files are those of one never stopped. */
function* resumed(
  { state: { step, epoch } }: Session,
  run: string,
  { path: checkpoint, warnings }: Checkpoint,
  clock: Clock,
): Generator<RunResume | Warning> {
  for (const message of warnings) {
    yield clock.stamp({ type: 'warning', step, epoch, code: 'checkpoint-damaged', message });
  }
  yield clock.stamp({ type: 'run:resume', step, epoch, run, checkpoint });
}

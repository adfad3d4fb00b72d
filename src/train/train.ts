import { setImmediate } from 'node:timers/promises';
import { AbortError } from '../errors/abortError.ts';
import { Clock } from '../learning/clock.ts';
import type { Dataset } from '../learning/createLearner.ts';
import { resolveDevice } from '../learning/device.ts';
import { type LoadDataOptions, loadData } from '../learning/loadData.ts';
import { paced } from '../learning/paced.ts';
import { emulationWarnings } from '../learning/precision.ts';
import type { Checkpoint } from '../run/checkpoint.ts';
import type { ResolvedConfig } from '../run/config.ts';
import type { RunDirectory } from '../run/directory.ts';
import type { CheckpointWritten, RunEvent, RunResume, TrainStart, Warning } from '../run/events.ts';
import { checkKind } from '../run/runPath.ts';
import { writeModel, writeModelInfo } from '../run/trainingFiles.ts';
import * as torch from '../torch/index.ts';
import { cudaRecorder } from '../torch/recorder.ts';
import { capturedSteps } from './captured/create.ts';
import { endEpoch } from './endEpoch.ts';
import { trainEpoch } from './epoch.ts';
import { modelInfo } from './modelInfo.ts';
import { networkCounts } from './networkCounts.ts';
import { resultOf } from './result.ts';
import { contentsOf, createSession, restore, type TrainSession } from './session.ts';

export interface TrainOptions extends LoadDataOptions {
  /** Where the run is kept, open. The caller closes it. */
  readonly runDirectory: RunDirectory;
  /** Instead of what `config.data` names. */
  readonly dataset?: Dataset;
  /** Aborting it writes a checkpoint and ends the training with an AbortError. */
  readonly signal?: AbortSignal | undefined;
  /** Go on from here rather than from the beginning. */
  readonly resume?: Checkpoint | null;
  /** Whether steps on a CUDA device are captured as graphs and replayed; true by default. */
  readonly cudaGraph?: boolean;
}

/**
 * Trains `config.arch` from scratch (Pham et al. 2018, sections 3.1 and 3.2): its fixed network, with
 * parameters of its own. The parameters of the epoch that is best on the validation split are kept, or
 * those of the last epoch where nothing is held out, and at the end tested once. Every event is
 * recorded in the run directory before it is yielded; a checkpoint is written at every epoch's end.
 *
 * @throws AbortError when the signal was aborted, after a checkpoint; ERR_RUN when a
 *   loss is not finite
 */
export async function* train(
  config: ResolvedConfig,
  { runDirectory, dataset, signal, onDataProgress, resume = null, cudaGraph = true }: TrainOptions,
): AsyncGenerator<RunEvent> {
  const run = runDirectory.path;
  checkKind(run, config, 'train');
  const clock = new Clock();
  const device = resolveDevice(config.device);
  const data = dataset ?? (await loadData(config, device, { signal, onDataProgress }));
  const session = createSession(config, data, device);
  if (resume !== null) await restore(session, resume);
  if (cudaGraph && device !== 'cpu' && torch.cuda.isCompiled()) {
    session.captured = capturedSteps(session, cudaRecorder(device));
  }

  const record = <E extends RunEvent>(event: E): E => {
    runDirectory.record(event);
    return event;
  };
  const stopped = () => new AbortError(`the training was stopped; ${run} can be resumed`);
  yield record(trainStart(session, run, clock));
  yield* emulationWarnings(session, clock);
  if (resume !== null) yield* resumed(session, run, resume, clock);
  writeModelInfo(run, modelInfo(config, data));
  try {
    while (!session.state.done) {
      for (const event of trainEpoch(session, clock, signal)) {
        // The run's files say what came of the steps, not how they were launched.
        yield event.type === 'warning' ? event : record(event);
        // A turn of the event loop: a signal handler or an HTTP server would else never run.
        await setImmediate();
        if (!signal?.aborted || session.inFlight > 0) continue;
        yield await writeCheckpoint(session, runDirectory, clock);
        throw stopped();
      }
      const ended = await paced(endEpoch(session, clock), signal);
      if (ended === null) {
        yield await writeCheckpoint(session, runDirectory, clock);
        throw stopped();
      }
      if (ended.kept) await writeModel(run, session.kept, { epoch: String(ended.epoch) });
      yield record(ended);
      yield await writeCheckpoint(session, runDirectory, clock);
    }
  } finally {
    session.captured?.dispose();
    session.captured = null;
  }
  const { step, epoch } = session.state;
  const result = await paced(resultOf(session, run), signal);
  // The last epoch's checkpoint stands: resuming tests again.
  if (result === null) throw stopped();
  yield record(clock.stamp({ type: 'train:done', step, epoch, run, result }));
}

async function writeCheckpoint(
  session: TrainSession,
  directory: RunDirectory,
  clock: Clock,
): Promise<CheckpointWritten> {
  const { step, epoch } = session.state;
  const path = await directory.writeCheckpoint(step, contentsOf(session));
  session.checkpoint = path;
  return clock.stamp({ type: 'checkpoint', step, epoch, path });
}

function trainStart(session: TrainSession, run: string, clock: Clock): TrainStart {
  const { config, learner, device, chosen, network, state } = session;
  return clock.stamp({
    type: 'train:start',
    step: state.step,
    epoch: 0,
    run,
    space: config.space.name,
    data: learner.data,
    device,
    ...chosen,
    ...networkCounts(network.graph),
    epochs: config.train.epochs,
    stepsPerEpoch: learner.stepsIn(1),
  });
}

/** What a resumed training says first. Not recorded: the run's files are those of one never stopped. */
function* resumed(
  { state: { step, epoch } }: TrainSession,
  run: string,
  { path: checkpoint, warnings }: Checkpoint,
  clock: Clock,
): Generator<RunResume | Warning> {
  for (const message of warnings) {
    yield clock.stamp({ type: 'warning', step, epoch, code: 'checkpoint-damaged', message });
  }
  yield clock.stamp({ type: 'run:resume', step, epoch, run, checkpoint });
}

import { Clock } from '../learning/clock.ts';
import type { Dataset } from '../learning/createLearner.ts';
import { resolveDevice } from '../learning/device.ts';
import { type LoadDataOptions, loadData } from '../learning/loadData.ts';
import { NotFinite } from '../learning/notFinite.ts';
import { paced } from '../learning/paced.ts';
import { emulationWarnings } from '../learning/precision.ts';
import { goBack } from '../learning/recovery.ts';
import type { Checkpoint } from '../run/checkpoint.ts';
import type { ResolvedConfig } from '../run/config.ts';
import type { RunDirectory } from '../run/directory.ts';
import type { RunEvent, RunResume, TrainStart, Warning } from '../run/events.ts';
import { checkKind } from '../run/runPath.ts';
import { removeModel, writeModelInfo } from '../run/trainingFiles.ts';
import * as torch from '../torch/index.ts';
import { cudaRecorder } from '../torch/recorder.ts';
import { capturedSteps } from './captured/create.ts';
import { epochUnderWay, type Keeping, stopped, writeKept } from './epochUnderWay.ts';
import { modelInfo } from './modelInfo.ts';
import { networkCounts } from './networkCounts.ts';
import { resultOf } from './result.ts';
import { createSession, restore, type TrainSession } from './session.ts';

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
 * Where a loss, a score or a parameter is not finite it goes back to its last checkpoint and on with a
 * lower learning rate, a few times (`train.recovery`).
 *
 * @throws AbortError when the signal was aborted, after a checkpoint; EnasTorchError ERR_RUN when a
 *   number is still not finite
 */
export async function* train(
  config: ResolvedConfig,
  {
    runDirectory: directory,
    dataset,
    signal,
    onDataProgress,
    resume = null,
    cudaGraph = true,
  }: TrainOptions,
): AsyncGenerator<RunEvent> {
  const run = directory.path;
  checkKind(run, config, 'train');
  const clock = new Clock();
  const device = resolveDevice(config.device);
  const data = dataset ?? (await loadData(config, device, { signal, onDataProgress }));
  const begin = () => createSession(config, data, device);
  const capture = (made: TrainSession) => {
    if (!cudaGraph || device === 'cpu' || !torch.cuda.isCompiled()) return;
    made.captured = capturedSteps(made, cudaRecorder(device));
  };
  let session = begin();
  if (resume !== null) await restore(session, resume);
  capture(session);

  const record = <E extends RunEvent>(event: E): E => {
    directory.record(event);
    return event;
  };
  const keeping: Keeping = { directory, clock, record, signal };
  const goingBack = {
    settings: config.train.recovery,
    directory,
    clock,
    restore,
    anew: () => {
      session.captured?.dispose();
      session.captured = null;
      const made = begin();
      capture(made);
      return made;
    },
    remedy: remedy(config.train),
  };

  yield record(trainStart(session, run, clock));
  yield* emulationWarnings(session, clock);
  if (resume !== null) yield* resumed(session, run, resume, clock);
  writeModelInfo(run, modelInfo(config, data));
  try {
    while (!session.state.done) {
      try {
        yield* epochUnderWay(session, keeping);
      } catch (failure) {
        if (!(failure instanceof NotFinite)) throw failure;
        const back = await goBack(session, failure, goingBack);
        session = back.session;
        session.captured?.goOn();
        // What was kept since is no longer of the run.
        if (session.state.kept === null) removeModel(run);
        else await writeKept(session, directory);
        // Where the metrics begin anew so does their first line.
        directory.record(trainStart(session, run, clock));
        yield record(back.event);
      }
    }
  } finally {
    session.captured?.dispose();
    session.captured = null;
  }
  const { step, epoch } = session.state;
  const result = await paced(resultOf(session, run), signal);
  // The last epoch's checkpoint stands: resuming tests again.
  if (result === null) throw stopped(directory);
  yield record(clock.stamp({ type: 'train:done', step, epoch, run, result }));
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

/** What to change where a loss is never finite. */
function remedy({ lr, clipNorm }: ResolvedConfig['train']): string {
  const rate =
    lr.schedule === 'cosine' ? `train.lr.max (${lr.max})` : `train.lr.initial (${lr.initial})`;
  const clip =
    clipNorm === 0
      ? 'clip gradients with train.clipNorm (0 = never)'
      : `lower train.clipNorm (${clipNorm})`;
  return `lower ${rate}, ${clip}, or raise train.recovery.attempts`;
}

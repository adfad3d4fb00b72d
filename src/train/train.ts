import { Clock } from '../learning/clock.ts';
import { resolveDevice } from '../learning/device.ts';
import { type KeepingOptions, keepingIn } from '../learning/keeping.ts';
import { loadData } from '../learning/loadData.ts';
import { paced } from '../learning/paced.ts';
import { emulationWarnings } from '../learning/precision.ts';
import { epochs } from '../learning/recovery.ts';
import { resumed } from '../learning/resumed.ts';
import type { ResolvedConfig } from '../run/config.ts';
import type { RunEvent, TrainStart } from '../run/events.ts';
import { checkKind } from '../run/runPath.ts';
import { removeModel, writeModelInfo } from '../run/trainingFiles.ts';
import * as torch from '../torch/index.ts';
import { cudaRecorder } from '../torch/recorder.ts';
import { capturedSteps } from './captured/create.ts';
import { epochUnderWay, stopped, writeKept } from './epochUnderWay.ts';
import { modelInfo } from './modelInfo.ts';
import { networkCounts } from './networkCounts.ts';
import { resultOf } from './result.ts';
import { createSession, restore, type TrainSession } from './session.ts';

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
  }: KeepingOptions,
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
  const begun = begin();
  if (resume !== null) await restore(begun, resume);
  capture(begun);

  const keeping = keepingIn(directory, { clock, signal });
  const { record } = keeping;

  yield record(trainStart(begun, run, clock));
  yield* emulationWarnings(begun, clock);
  if (resume !== null) yield* resumed(begun, run, resume, clock);
  writeModelInfo(run, modelInfo(config, data));
  const session = yield* epochs(begun, {
    settings: config.train.recovery,
    directory,
    clock,
    isDone: ({ state }) => state.done,
    epochUnderWay: (going) => epochUnderWay(going, keeping),
    start: (back) => trainStart(back, run, clock),
    restore,
    anew: () => {
      const made = begin();
      capture(made);
      return made;
    },
    wentBack: async (back) => {
      back.captured?.goOn();
      // What was kept since is no longer of the run.
      if (back.state.kept === null) removeModel(run);
      else await writeKept(back, directory);
    },
    release: (held) => {
      held.captured?.dispose();
      held.captured = null;
    },
    remedy: remedy(config.train),
  });
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

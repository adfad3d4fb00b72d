import { setImmediate } from 'node:timers/promises';
import { Clock } from '../learning/clock.ts';
import { dataWarnings } from '../learning/dataWarnings.ts';
import { resolveDevice } from '../learning/device.ts';
import { type KeepingOptions, keepingIn } from '../learning/keeping.ts';
import { loadData } from '../learning/loadData.ts';
import { emulationWarnings } from '../learning/precision.ts';
import { epochs } from '../learning/recovery.ts';
import { resumed } from '../learning/resumed.ts';
import type { ResolvedConfig } from '../run/config.ts';
import type { RunEvent, RunStart } from '../run/events.ts';
import { derive } from './derive.ts';
import { epochUnderWay, stopIfAsked } from './epoch.ts';
import type { ChildReward } from './rewards.ts';
import { cudaSegments } from './segments.ts';
import { createSession, restore, type Session } from './session.ts';

export interface SearchOptions extends KeepingOptions {
  /** What the controller learns from, and the best is chosen by, in place of the search's own reward. */
  readonly reward?: ChildReward | null;
}

/**
 * A whole search (Pham et al. 2018, sections 2.2 and 2.3): ω and θ phases in turn for the configured
 * epochs, then the best of newly sampled architectures. Every event is recorded in the run directory
 * before it is yielded; a checkpoint is written at every epoch's end.
 *
 * Where a loss, a reward or a parameter is not finite it goes back to its last checkpoint and on with a
 * lower learning rate, a few times (`search.recovery`).
 *
 * @throws AbortError when the signal was aborted, after a checkpoint; EnasTorchError ERR_RUN when a
 *   number is still not finite
 */
export async function* search(
  config: ResolvedConfig,
  {
    runDirectory: directory,
    dataset,
    signal,
    onDataProgress,
    resume = null,
    reward = null,
    cudaGraph = true,
  }: SearchOptions,
): AsyncGenerator<RunEvent> {
  const clock = new Clock();
  const device = resolveDevice(config.device);
  const data = dataset ?? (await loadData(config, device, { signal, onDataProgress }));
  const begin = () => {
    const made = Object.assign(createSession(config, data, device), { reward, signal });
    if (cudaGraph) made.segments = cudaSegments(made);
    return made;
  };
  const begun = begin();
  if (resume !== null) await restore(begun, resume);

  const run = directory.path;
  const keeping = keepingIn(directory, { clock, signal });
  const { record } = keeping;

  yield record(runStart(begun, run, clock));
  yield* emulationWarnings(begun, clock);
  yield* dataWarnings(data, config.search.theta.rewardBatch, clock);
  if (resume !== null) yield* resumed(begun, run, resume, clock);
  const session = yield* epochs(begun, {
    settings: config.search.recovery,
    directory,
    clock,
    isDone: ({ state }) => state.phase === 'done',
    epochUnderWay: (going) => epochUnderWay(going, keeping),
    start: (back) => runStart(back, run, clock),
    restore,
    anew: begin,
    release: (held) => {
      held.segments?.dispose();
      held.segments = null;
    },
    remedy:
      `lower search.omega.lr (${JSON.stringify(config.search.omega.lr)}) ` +
      'or raise search.recovery.attempts',
  });

  const scored = derive(session, clock, config.search.derive.samples, session.streams);
  let next = await scored.next();
  for (; !next.done; next = await scored.next()) {
    const event = next.value;
    if (event !== undefined) yield event.type === 'warning' ? event : record(event);
    await setImmediate();
    // The last epoch's checkpoint stands: resuming derives again.
    stopIfAsked(keeping);
  }
  directory.writeBest(next.value);
  const { step, epoch } = session.state;
  yield record(clock.stamp({ type: 'done', step, epoch, run, best: next.value }));
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

import { type Clock, Rate } from '../learning/clock.ts';
import type { Launched, Position } from '../learning/learner.ts';
import { learningRate } from '../learning/learningRate.ts';
import { speed } from '../learning/measures.ts';
import { NotFinite } from '../learning/notFinite.ts';
import { lrScale } from '../learning/recovery.ts';
import type { TrainStep, Warning } from '../run/events.ts';
import { addToMean, averages } from './mean.ts';
import type { TrainSession } from './session.ts';

/**
 * The steps of the epoch under way, from where the session's state stands, which moves with every one.
 *
 * A step that is taken by a recording is read when the next one has been launched, so that a GPU never
 * waits for the host: between two events a step may be in flight, which `session.inFlight` says.
 *
 * @param signal once aborted, what is in flight is finished before anything is launched
 * @throws NotFinite when a loss is not finite; that step moves nothing, nor does one after it
 */
export function* trainEpoch(
  session: TrainSession,
  clock: Clock,
  signal?: AbortSignal,
): Generator<TrainStep | Warning> {
  const steps = session.learner.stepsIn(session.state.epoch);
  const rate = new Rate();
  const launched: Launched[] = [];
  try {
    while (session.state.stepInEpoch < steps) {
      const next = session.state.stepInEpoch + launched.length;
      const finishes = launched.length > 0 && (signal?.aborted || session.captured === null);
      if (next < steps && !finishes) {
        const step = launchStep(session, launched.length, steps);
        if (step !== null) launched.push(step);
        if (session.captured?.failure != null) {
          session.inFlight = launched.length;
          yield notRecorded(session, clock);
          continue;
        }
        const behind = session.captured === null ? 0 : session.readsBehind;
        if (launched.length <= behind && next + 1 < steps) continue;
      }
      const event = finished(session, launched.shift()!, rate, clock);
      session.inFlight = launched.length;
      yield event;
    }
  } finally {
    for (const step of launched) step.drop();
  }
}

/** Reads a step that was launched, and moves the session's state past it. */
function finished(session: TrainSession, launched: Launched, rate: Rate, clock: Clock): TrainStep {
  const { loss, score, count } = launched.read();
  const { state } = session;
  const step = state.step + 1;
  checkLoss(loss, step);
  const stepInEpoch = state.stepInEpoch + 1;
  const { perSecond, seconds } = rate.lap(count);
  const sums = {
    loss: state.sums.loss + loss,
    count: state.sums.count + count,
    seconds: state.sums.seconds + seconds,
  };
  const averaged = state.averaged + Number(averages(session));
  session.state = { ...state, step, stepInEpoch, sums, averaged };
  return clock.stamp({
    type: 'train:step',
    step,
    epoch: state.epoch,
    stepInEpoch,
    loss,
    ...score,
    ...speed(session.learner.unit, perSecond),
  });
}

/** Said once; the training goes on without recordings. */
function notRecorded(session: TrainSession, clock: Clock): Warning {
  const { step, epoch } = session.state;
  const message = `steps are launched one operator at a time, because recording one failed: ${session.captured!.failure}`;
  session.captured = null;
  return clock.stamp({ type: 'warning', step, epoch, code: 'not-captured', message });
}

/**
 * @param inFlight steps launched before it that the session's state is not past
 * @returns null where it was to be recorded and could not
 */
function launchStep(session: TrainSession, inFlight: number, steps: number): Launched | null {
  const { captured, config, state } = session;
  const { epoch } = state;
  const lr = rateOf(session);
  const index = state.stepInEpoch + inFlight;
  const progress = (epoch - 1 + index / steps) / config.train.epochs;
  const position = { epoch, index, step: state.step + inFlight, progress };
  const launched =
    captured === null ? eagerStep(session, position, lr) : captured.launch(position, lr);
  if (launched !== null) addToMean(session, inFlight);
  return launched;
}

/** A step that is read before the parameters move. */
function eagerStep(session: TrainSession, position: Position, lr: number): Launched {
  const { learner, network, parameters, touched, config } = session;
  const { momentum, weightDecay, clipNorm } = config.train;
  parameters.zeroGrad(touched);
  const learned = learner.learn([network], position);
  checkLoss(learned.loss, position.step + 1);
  parameters.step(touched, { lr: lr * learned.lrScale, momentum, weightDecay, clipNorm });
  return { ...learned, read: () => learned, drop: () => {} };
}

/** The learning rate of the epoch under way. */
export function rateOf({ config, state }: Pick<TrainSession, 'config' | 'state'>): number {
  const { lr, recovery } = config.train;
  return learningRate(lr, state.epoch) * lrScale(recovery, state);
}

function checkLoss(loss: number, step: number): void {
  if (!Number.isFinite(loss)) throw new NotFinite('loss', loss, step);
}

import { EnasTorchError } from '../errors/error.ts';
import { type Clock, Rate } from '../learning/clock.ts';
import type { Learned, Position } from '../learning/learner.ts';
import { learningRate } from '../learning/learningRate.ts';
import { speed } from '../learning/measures.ts';
import type { ResolvedConfig } from '../run/config.ts';
import type { TrainStep, Warning } from '../run/events.ts';
import { addToMean } from './mean.ts';
import type { TrainSession } from './session.ts';

/**
 * The steps of the epoch under way, from where the session's state stands, which moves with every one.
 *
 * @throws EnasTorchError ERR_RUN when a loss is not finite; that step moves nothing
 */
export function* trainEpoch(session: TrainSession, clock: Clock): Generator<TrainStep | Warning> {
  const { learner, config } = session;
  const { epoch } = session.state;
  const lr = learningRate(config.train.lr, epoch);
  const steps = learner.stepsIn(epoch);
  const rate = new Rate();
  while (session.state.stepInEpoch < steps) {
    const { loss, score, count } = trainStep(session, steps, lr);
    if (session.captured?.failure != null) yield notRecorded(session, clock);
    const { state } = session;
    const step = state.step + 1;
    const stepInEpoch = state.stepInEpoch + 1;
    const { perSecond, seconds } = rate.lap(count);
    const sums = {
      loss: state.sums.loss + loss,
      count: state.sums.count + count,
      seconds: state.sums.seconds + seconds,
    };
    session.state = { ...state, step, stepInEpoch, sums };
    addToMean(session);
    yield clock.stamp({
      type: 'train:step',
      step,
      epoch,
      stepInEpoch,
      loss,
      ...score,
      ...speed(learner.unit, perSecond),
    });
  }
}

/** Said once; the training goes on without recordings. */
function notRecorded(session: TrainSession, clock: Clock): Warning {
  const { step, epoch } = session.state;
  const message = `steps are launched one operator at a time, because recording one failed: ${session.captured!.failure}`;
  session.captured = null;
  return clock.stamp({ type: 'warning', step, epoch, code: 'not-captured', message });
}

function trainStep(session: TrainSession, steps: number, lr: number): Learned {
  const { captured, config, state } = session;
  const { epoch, stepInEpoch: index, step } = state;
  const progress = (epoch - 1 + index / steps) / config.train.epochs;
  const position = { epoch, index, step, progress };
  const where = `step ${step + 1} (epoch ${epoch})`;
  const replayed = captured?.take(position, lr) ?? null;
  if (replayed !== null) {
    // A step whose loss is not finite has moved nothing there either.
    checkFinite(session, where, 'loss', replayed.loss);
    return replayed;
  }
  return eagerStep(session, position, lr, where);
}

function eagerStep(session: TrainSession, position: Position, lr: number, where: string): Learned {
  const { learner, network, parameters, touched, captured, config } = session;
  const { momentum, weightDecay, clipNorm } = config.train;
  parameters.zeroGrad(touched);
  const learned = learner.learn([network], position);
  checkFinite(session, where, 'loss', learned.loss);
  parameters.step(touched, { lr: lr * learned.lrScale, momentum, weightDecay, clipNorm });
  // Recordings begin and end with gradients of zero.
  if (captured !== null) parameters.zeroGrad(touched);
  return learned;
}

/**
 * @param where the step or epoch that the value is of
 * @throws EnasTorchError ERR_RUN with what to try, when a value is NaN or infinite
 */
export function checkFinite(
  { config, checkpoint }: TrainSession,
  where: string,
  what: string,
  value: number,
): void {
  if (Number.isFinite(value)) return;
  const stands =
    checkpoint === null ? 'there is no checkpoint yet' : `the checkpoint ${checkpoint} stands`;
  throw new EnasTorchError(
    'ERR_RUN',
    `${where}: expected a finite ${what}, got ${value}; ${stands}; ${remedy(config.train)}`,
  );
}

function remedy({ lr, clipNorm }: ResolvedConfig['train']): string {
  const rate =
    lr.schedule === 'cosine' ? `train.lr.max (${lr.max})` : `train.lr.initial (${lr.initial})`;
  const clip =
    clipNorm === 0
      ? 'clip gradients with train.clipNorm (0 = never)'
      : `train.clipNorm (${clipNorm})`;
  return `start a new run with a lower ${rate}, or ${clipNorm === 0 ? '' : 'a lower '}${clip}`;
}

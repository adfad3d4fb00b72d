import { type Clock, perSecond } from '../learning/clock.ts';
import type { Score } from '../learning/learner.ts';
import { figureOf, isBetter, speed, validScore } from '../learning/measures.ts';
import { NotFinite } from '../learning/notFinite.ts';
import { copyInto } from '../learning/parameters.ts';
import type { TrainEpoch } from '../run/events.ts';
import { rateOf } from './epoch.ts';
import { holdsOut } from './holdsOut.ts';
import { withMean } from './mean.ts';
import { judged, type TrainSession } from './session.ts';
import { noSums } from './state.ts';

/**
 * Validates the epoch under way, keeps its parameters where they are the best so far (or where nothing
 * is held out), and moves the state to the next epoch. Yields while it validates; left early it has
 * changed nothing.
 *
 * @throws NotFinite when the validation score is not finite
 */
export function* endEpoch(session: TrainSession, clock: Clock): Generator<undefined, TrainEpoch> {
  const { config, state, learner } = session;
  const { epoch, step, sums } = state;
  const lr = rateOf(session);
  const { score, kept } = yield* withMean(session, judge(session));
  const done = epoch === config.train.epochs;
  session.state = {
    ...state,
    epoch: done ? epoch : epoch + 1,
    stepInEpoch: 0,
    done,
    sums: noSums,
    kept: kept ? { epoch, score } : state.kept,
  };
  return clock.stamp({
    type: 'train:epoch',
    step,
    epoch,
    lr,
    loss: sums.loss / learner.stepsIn(epoch),
    kept,
    ...(score === null ? { heldOut: false as const } : validScore(score)),
    ...speed(learner.unit, perSecond(sums.count, sums.seconds)),
  });
}

/** Scores the parameters as they are, and copies them where they are to be kept. */
function* judge(
  session: TrainSession,
): Generator<undefined, { score: Score | null; kept: boolean }> {
  const { config, learner, parameters, state } = session;
  const score = holdsOut(config) ? yield* learner.evaluate(judged(session), 'valid') : null;
  if (score !== null) {
    const { name, value } = figureOf(score);
    if (!Number.isFinite(value)) throw new NotFinite(`validation ${name}`, value, state.step);
  }
  const best = state.kept?.score ?? null;
  const kept = score === null || best === null || isBetter(score, best);
  if (kept) copyInto('kept', session.kept, parameters.values());
  return { score, kept };
}

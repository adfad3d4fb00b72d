import { setImmediate } from 'node:timers/promises';
import { AbortError } from '../errors/abortError.ts';
import { type Clock, perSecond } from '../learning/clock.ts';
import type { Keeping } from '../learning/keeping.ts';
import type { NetworkAt, Score } from '../learning/learner.ts';
import { figureOf, speed, validScore } from '../learning/measures.ts';
import { NotFinite } from '../learning/notFinite.ts';
import { paced } from '../learning/paced.ts';
import { checkParameters } from '../learning/recovery.ts';
import type { CheckpointWritten, EpochEnd, RunEvent, Warning } from '../run/events.ts';
import { omegaPhase } from './omegaPhase.ts';
import { recordDue, segmentsRun } from './segments.ts';
import { childOf, contentsOf, type Session } from './session.ts';
import { noSums } from './state.ts';
import { thetaPhase } from './thetaPhase.ts';

/**
 * What is left of the epoch under way: its phases, its validation, its checkpoint.
 * @throws NotFinite when a number is not finite
 */
export async function* epochUnderWay(session: Session, keeping: Keeping): AsyncGenerator<RunEvent> {
  const { clock, record, signal } = keeping;
  for await (const event of phases(session, clock, signal)) {
    // The run's files say what came of the steps, not how they were launched.
    yield event.type === 'warning' ? event : record(event);
    if (event.type !== 'child:step' && event.type !== 'controller:step') continue;
    // A turn of the event loop: a signal handler or an HTTP server would else never run.
    await setImmediate();
    if (session.inFlight > 0) continue;
    if (signal?.aborted) yield await writeCheckpoint(session, keeping);
    stopIfAsked(keeping);
  }
  const valid = await paced(session.learner.evaluate(sampledAt(session), 'valid'), signal);
  if (valid === null) yield await writeCheckpoint(session, keeping);
  stopIfAsked(keeping);
  checkScore(session, valid!);
  yield* recordDue(session, clock);
  yield* segmentsRun(session, clock);
  yield* constantReward(session, clock);
  yield record(endEpoch(session, valid!, clock));
  yield await writeCheckpoint(session, keeping);
}

export function stopIfAsked({ directory, signal }: Keeping): void {
  if (!signal?.aborted) return;
  throw new AbortError(`the search was stopped; ${directory.path} can be resumed`);
}

/** What is left of the phases of the epoch under way. */
async function* phases(
  session: Session,
  clock: Clock,
  signal: AbortSignal | undefined,
): AsyncGenerator<RunEvent> {
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
    rewardRange: null,
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

/** @throws NotFinite where the score of the validation split is not finite */
function checkScore({ state }: Session, score: Score): void {
  const { name, value } = figureOf(score);
  if (!Number.isFinite(value)) throw new NotFinite(`validation ${name}`, value, state.step);
}

/** Said of an epoch in which all rewards were the same. */
function* constantReward({ state, config }: Session, clock: Clock): Generator<Warning> {
  const [least, most] = state.rewardRange!;
  const { steps, aggregate } = config.search.theta;
  if (least !== most || steps * aggregate === 1) return;
  const { step, epoch } = state;
  const message =
    `all rewards of epoch ${epoch} were ${least}: the controller had nothing to learn from; ` +
    'train ω longer, or score on more images (search.theta.rewardBatch)';
  yield clock.stamp({ type: 'warning', step, epoch, code: 'constant-reward', message });
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

/** @throws NotFinite when the parameters are not: a run goes back to whole checkpoints only */
async function writeCheckpoint(
  session: Session,
  { directory, clock }: Keeping,
): Promise<CheckpointWritten> {
  checkParameters('shared parameters', session.shared, session.state);
  const { step, epoch } = session.state;
  const path = await directory.writeCheckpoint(progressOf(session), contentsOf(session));
  session.wentBackTo = undefined;
  return clock.stamp({ type: 'checkpoint', step, epoch, path });
}

/** ω and θ steps since the start of the run: rises with every step, so it can name a checkpoint. */
function progressOf({ state, config }: Session): number {
  const { theta, epochs } = config.search;
  const done = state.phase === 'done' ? epochs : state.epoch - 1;
  return state.step + done * theta.steps + (state.phase === 'theta' ? state.stepInPhase : 0);
}

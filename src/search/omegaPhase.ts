import { liveParameters } from '../graph/live.ts';
import { type Clock, Rate } from '../learning/clock.ts';
import type { Launched } from '../learning/learner.ts';
import { learningRate } from '../learning/learningRate.ts';
import { speed } from '../learning/measures.ts';
import { NotFinite } from '../learning/notFinite.ts';
import { lrScale } from '../learning/recovery.ts';
import type { ChildStep, EpochStart, Warning } from '../run/events.ts';
import type { Choices } from '../spaces/space.ts';
import { recordDue } from './segments.ts';
import { childOf, type Session } from './session.ts';

/**
 * The ω phase of the epoch under way (Pham et al. 2018, section 2.2): one pass over the training
 * data, at every minibatch a step on (1/M) Σ ∇ω L(mᵢ; ω) for M architectures of the fixed policy
 * (equation 1). Goes on from where the session's state stands and moves it with every step.
 *
 * On a GPU a step is read when the next one has been launched, so that the device never waits for the
 * host: between two events a step may be in flight, which `session.inFlight` says.
 *
 * @param signal once aborted, what is in flight is finished before anything is launched
 * @throws NotFinite when a loss is not finite
 */
export function* omegaPhase(
  session: Session,
  clock: Clock,
  signal?: AbortSignal,
): Generator<EpochStart | ChildStep | Warning> {
  const { learner } = session;
  const { omega, recovery } = session.config.search;
  const epoch = session.state.epoch;
  const lr = learningRate(omega.lr, epoch) * lrScale(recovery, session.state);
  if (session.state.stepInPhase === 0) {
    yield clock.stamp({ type: 'epoch:start', step: session.state.step, epoch, lr });
  }
  const steps = learner.stepsIn(epoch);
  const architectures = sampleEpoch(session, steps * omega.archsPerStep);
  const rate = new Rate();
  const launched: { readonly step: Launched; readonly sampled: readonly Choices[] }[] = [];
  try {
    while (session.state.stepInPhase < steps) {
      const next = session.state.stepInPhase + launched.length;
      const mayLaunch = next < steps && !(signal?.aborted && launched.length > 0);
      if (mayLaunch) {
        const from = next * omega.archsPerStep;
        const sampled = architectures.slice(from, from + omega.archsPerStep);
        launched.push({ step: omegaStep(session, next, sampled, lr), sampled });
        yield* recordDue(session, clock);
        if (launched.length <= session.readsBehind && next + 1 < steps) continue;
      }
      const { step, sampled } = launched.shift()!;
      const event = finished(session, step, rate, clock);
      session.inFlight = launched.length;
      if (!Number.isFinite(event.loss)) {
        const archs = sampled.map((choices) => session.space.decode(choices));
        throw new NotFinite('ω loss', event.loss, event.step, archs);
      }
      yield event;
    }
  } finally {
    for (const { step } of launched) step.drop();
  }
}

/** Reads a step that was launched, and moves the session's state past it. */
function finished(session: Session, step: Launched, rate: Rate, clock: Clock): ChildStep {
  const { loss, score, count } = step.read();
  const { perSecond, seconds } = rate.lap(count);
  const { state } = session;
  session.state = {
    ...state,
    step: state.step + 1,
    stepInPhase: state.stepInPhase + 1,
    sums: {
      ...state.sums,
      loss: state.sums.loss + loss,
      count: state.sums.count + count,
      seconds: state.sums.seconds + seconds,
    },
  };
  return clock.stamp({
    type: 'child:step',
    step: session.state.step,
    epoch: state.epoch,
    stepInEpoch: session.state.stepInPhase,
    loss,
    ...score,
    ...speed(session.learner.unit, perSecond),
  });
}

/** All architectures of an epoch in one pass of the controller: θ does not move during the ω phase. */
function sampleEpoch({ controller, streams, state }: Session, count: number): readonly Choices[] {
  return controller.draw(count, streams, 'omega/sample', state.epoch);
}

/** @param index of the step in the phase, from 0 */
function omegaStep(
  session: Session,
  index: number,
  architectures: readonly Choices[],
  lr: number,
): Launched {
  const { space, learner, shared, state, config } = session;
  const networks = architectures.map((choices) => childOf(session, space.decode(choices)));
  const touched = [...new Set(networks.flatMap(({ graph }) => liveParameters(graph)))];
  shared.zeroGrad(touched);
  const { epoch } = state;
  const step = state.step + index - state.stepInPhase;
  const launched = learner.launch(networks, { epoch, index, step, progress: 0 });
  const { momentum, weightDecay, clipNorm } = config.search.omega;
  const sgd = { momentum, weightDecay, clipNorm };
  shared.step(touched, { lr: lr * launched.lrScale, ...sgd });
  return launched;
}

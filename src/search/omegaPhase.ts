import { liveParameters } from '../graph/live.ts';
import { type Clock, Rate } from '../learning/clock.ts';
import { learningRate } from '../learning/learningRate.ts';
import { speed } from '../learning/measures.ts';
import type { ChildStep, EpochStart } from '../run/events.ts';
import type { Choices } from '../spaces/space.ts';
import { childOf, type Session } from './session.ts';

/**
 * The ω phase of the epoch under way (Pham et al. 2018, section 2.2): one pass over the training
 * data, at every minibatch a step on (1/M) Σ ∇ω L(mᵢ; ω) for M architectures of the fixed policy
 * (equation 1). Goes on from where the session's state stands and moves it with every step.
 */
export function* omegaPhase(session: Session, clock: Clock): Generator<EpochStart | ChildStep> {
  const { learner } = session;
  const { omega } = session.config.search;
  const epoch = session.state.epoch;
  const lr = learningRate(omega.lr, epoch);
  if (session.state.stepInPhase === 0) {
    yield clock.stamp({ type: 'epoch:start', step: session.state.step, epoch, lr });
  }
  const steps = learner.stepsIn(epoch);
  const architectures = sampleEpoch(session, steps * omega.archsPerStep);
  const rate = new Rate();
  while (session.state.stepInPhase < steps) {
    const index = session.state.stepInPhase;
    const sampled = architectures.slice(
      index * omega.archsPerStep,
      (index + 1) * omega.archsPerStep,
    );
    const { loss, score, count } = omegaStep(session, index, sampled, lr);
    const { perSecond, seconds } = rate.lap(count);
    const { state } = session;
    session.state = {
      ...state,
      step: state.step + 1,
      stepInPhase: index + 1,
      sums: {
        ...state.sums,
        loss: state.sums.loss + loss,
        count: state.sums.count + count,
        seconds: state.sums.seconds + seconds,
      },
    };
    yield clock.stamp({
      type: 'child:step',
      step: session.state.step,
      epoch,
      stepInEpoch: index + 1,
      loss,
      ...score,
      ...speed(learner.unit, perSecond),
    });
  }
}

/** All architectures of an epoch in one pass of the controller: θ does not move during the ω phase. */
function sampleEpoch({ controller, streams, state }: Session, count: number): readonly Choices[] {
  return controller.draw(count, streams, 'omega/sample', state.epoch);
}

function omegaStep(session: Session, index: number, architectures: readonly Choices[], lr: number) {
  const { space, learner, shared, state, config } = session;
  const networks = architectures.map((choices) => childOf(session, space.decode(choices)));
  const touched = [...new Set(networks.flatMap(({ graph }) => liveParameters(graph)))];
  shared.zeroGrad(touched);
  const { epoch, step } = state;
  const learned = learner.learn(networks, { epoch, index, step, progress: 0 });
  const { momentum, weightDecay, clipNorm } = config.search.omega;
  shared.step(touched, { lr: lr * learned.lrScale, momentum, weightDecay, clipNorm });
  return learned;
}

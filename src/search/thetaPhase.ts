import { Baseline, reinforceLoss } from '../controller/reinforce.ts';
import { type Clock, Rate } from '../learning/clock.ts';
import { NotFinite } from '../learning/notFinite.ts';
import type { ArchScored, ControllerStep, Warning } from '../run/events.ts';
import * as torch from '../torch/index.ts';
import { measure, rewardsOf } from './rewards.ts';
import { recordDue } from './segments.ts';
import type { Session } from './session.ts';

/**
 * The θ phase of the epoch under way (Pham et al. 2018, section 2.2): a fixed number of REINFORCE
 * steps, each on `aggregate` architectures scored on one shuffled validation minibatch each, ω fixed.
 * Goes on from where the session's state stands and moves it with every step.
 *
 * @throws NotFinite when a reward is not finite
 */
export async function* thetaPhase(
  session: Session,
  clock: Clock,
): AsyncGenerator<ArchScored | ControllerStep | Warning> {
  const { theta } = session.config.search;
  const baseline = new Baseline(theta.baselineDecay, session.state.baseline);
  const rate = new Rate();
  while (session.state.stepInPhase < theta.steps) {
    const { state } = session;
    const { step, epoch } = state;
    const stepInEpoch = state.stepInPhase + 1;
    const result = await thetaStep(session, baseline);
    yield* recordDue(session, clock);
    const reward = mean(result.rewards);
    session.state = {
      ...state,
      stepInPhase: stepInEpoch,
      baseline: baseline.value,
      sums: {
        ...state.sums,
        reward: state.sums.reward + reward,
        entropy: state.sums.entropy + result.entropy,
        skipRate: state.sums.skipRate + (result.skipRate ?? 0),
      },
      rewardRange: rangeOf([...(state.rewardRange ?? []), ...result.rewards]),
    };
    for (const [i, arch] of result.architectures.entries()) {
      const scored = { step, epoch, phase: 'theta' as const, arch, reward: result.rewards[i]! };
      yield clock.stamp({ type: 'arch:scored', ...scored });
    }
    yield clock.stamp({
      type: 'controller:step',
      step,
      epoch,
      stepInEpoch,
      reward,
      baseline: baseline.value!,
      entropy: result.entropy,
      skipRate: result.skipRate,
      architecturesPerSecond: rate.lap(theta.aggregate).perSecond,
    });
  }
}

async function thetaStep(session: Session, baseline: Baseline) {
  const { controller, streams, space, adam, state, config } = session;
  const { theta } = config.search;
  const index = (state.epoch - 1) * theta.steps + state.stepInPhase;
  const choices = controller.draw(theta.aggregate, streams, 'theta/sample', index);
  const architectures = choices.map((each) => space.decode(each));
  const measured = measure(session, architectures, {
    index: (i) => index * theta.aggregate + i,
  });
  const wrong = measured.find(({ reward }) => !Number.isFinite(reward));
  if (wrong !== undefined) throw new NotFinite('reward', wrong.reward, state.step, [wrong.arch]);
  const rewards = await rewardsOf(session, measured, 'theta');
  const reward = mean(rewards);
  // The advantage is measured from the baseline as it was before these rewards: one that already
  // holds them would shrink every advantage towards zero.
  const before = baseline.value ?? reward;
  baseline.update(reward);
  const update = () => {
    const rollout = controller.score(choices);
    adam.zeroGrad();
    reinforceLoss(rollout, rewards, before, theta).backward();
    if (theta.clipNorm > 0) torch.clipGradNorm(adam.params, theta.clipNorm);
    adam.step();
    return { entropy: rollout.entropy.mean().item(), skipRate: rollout.skipRate };
  };
  return { architectures, rewards, ...torch.scope(() => torch.withThreads(1, update)) };
}

const rangeOf = (values: readonly number[]): [number, number] => [
  Math.min(...values),
  Math.max(...values),
];

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

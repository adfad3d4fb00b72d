import { Baseline, reinforceLoss } from '../controller/reinforce.ts';
import type { Choices } from '../spaces/space.ts';
import * as torch from '../torch/index.ts';
import type { SpaceSession } from './session.ts';

/** What an update of the controller came to. */
export interface Updated {
  readonly reward: number;
  readonly entropy: number;
}

/**
 * A REINFORCE step (Williams 1992) on architectures just scored. Rewards of one's own are on any scale,
 * with any outliers: the controller learns from the share of all rewards so far that each is better than,
 * the fitness shaping of evolution strategies (Wierstra et al. 2014). An advantage is measured in the
 * standard deviations that these shares have had lately, so that good ones still differ when all are good.
 */
export function update(
  session: SpaceSession,
  choices: readonly Choices[],
  rewards: readonly number[],
): Updated {
  const { controller, adam, settings, scored, state } = session;
  const { baselineDecay: decay, entropyWeight } = settings;
  const shares = rewards.map((reward) => scored.share(reward));
  const before = state.baseline;
  const spread = mean(shares.map((share) => (share - before) ** 2));
  const variance = decay * state.variance + (1 - decay) * spread;
  const baseline = new Baseline(decay, before).update(mean(shares));
  session.state = { ...state, baseline, variance };
  const unit = variance > 0 ? Math.sqrt(variance) : 1;
  const step = () => {
    const rollout = controller.score(choices);
    adam.zeroGrad();
    const scaled = shares.map((share) => (share - before) / unit);
    reinforceLoss(rollout, scaled, 0, { entropyWeight, skipWeight: 0 }).backward();
    adam.step();
    return rollout.entropy.mean().item();
  };
  return {
    reward: mean(rewards),
    entropy: torch.scope(() => torch.withThreads(1, step)),
  };
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

import type { Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import type { Rollout } from './controller.ts';

/** The moving average of rewards that REINFORCE measures an advantage from. */
export class Baseline {
  /** Null before the first reward: starting from 0 would praise whatever is sampled first. */
  value: number | null;
  readonly decay: number;

  constructor(decay: number, value: number | null = null) {
    this.decay = decay;
    this.value = value;
  }

  /** b ← b − (1 − decay)(b − R); the first reward is taken as it is. */
  update(reward: number): number {
    this.value =
      this.value === null ? reward : this.value - (1 - this.decay) * (this.value - reward);
    return this.value;
  }
}

export interface ReinforceWeights {
  readonly entropyWeight: number;
  readonly skipWeight: number;
}

/**
 * The loss whose gradient is REINFORCE's (Williams 1992), averaged over a rollout's architectures:
 * −log π(m)·(R(m) − b) − entropyWeight·H + skipWeight·KL.
 *
 * @param rewards R of each architecture
 * @returns a scalar
 */
export function reinforceLoss(
  rollout: Rollout,
  rewards: readonly number[],
  baseline: number,
  { entropyWeight, skipWeight }: ReinforceWeights,
): Tensor {
  const advantage = torch.tensor(rewards.map((reward) => reward - baseline));
  const policy = rollout.logProb.mul(advantage).neg();
  const explored = policy.sub(rollout.entropy, { alpha: entropyWeight });
  const loss =
    rollout.skipKl === null ? explored : explored.add(rollout.skipKl, { alpha: skipWeight });
  return loss.mean();
}

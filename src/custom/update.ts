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
 * A REINFORCE step (Williams 1992) on scored architectures. Rewards of one's own are on any scale: an
 * advantage is measured in the standard deviations that rewards have had lately, so that one learning
 * rate does for all.
 */
export function update(
  session: SpaceSession,
  choices: readonly Choices[],
  rewards: readonly number[],
): Updated {
  const { controller, adam, settings, state } = session;
  const { baselineDecay: decay, entropyWeight } = settings;
  const reward = mean(rewards);
  const baseline = new Baseline(decay, state.baseline);
  const before = baseline.value ?? reward;
  const spread = mean(rewards.map((each) => (each - before) ** 2));
  const variance = state.variance === null ? spread : decay * state.variance + (1 - decay) * spread;
  baseline.update(reward);
  session.state = { ...state, baseline: baseline.value, variance };
  const unit = variance > 0 ? Math.sqrt(variance) : 1;
  const step = () => {
    const rollout = controller.score(choices);
    adam.zeroGrad();
    const scaled = rewards.map((each) => (each - before) / unit);
    reinforceLoss(rollout, scaled, 0, { entropyWeight, skipWeight: 0 }).backward();
    adam.step();
    return rollout.entropy.mean().item();
  };
  return { reward, entropy: torch.scope(() => torch.withThreads(1, step)) };
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

import { describe, expect, it } from 'vitest';
import type { Rollout } from '../../src/controller/controller.ts';
import { Baseline, reinforceLoss } from '../../src/controller/reinforce.ts';
import { Streams } from '../../src/random/streams.ts';
import { decisions as macroDecisions } from '../../src/spaces/macro/decisions.ts';
import * as torch from '../../src/torch/index.ts';
import { controllerOf } from './spaces.ts';

const rolloutOf = (skips = true): Rollout => ({
  choices: [],
  logProb: torch.tensor([-2, -3], { requiresGrad: true }),
  entropy: torch.tensor([1.5, 0.5], { requiresGrad: true }),
  skipKl: skips ? torch.tensor([0.2, 0.4], { requiresGrad: true }) : null,
  skipRate: null,
});

describe('the baseline', () => {
  it('is the first reward, then a moving average', () => {
    const baseline = new Baseline(0.9);
    expect(baseline.value).toBeNull();
    expect(baseline.update(0.5)).toBe(0.5);
    expect(baseline.update(1)).toBeCloseTo(0.55, 12);
    expect(baseline.update(0)).toBeCloseTo(0.495, 12);
    expect(baseline.value).toBeCloseTo(0.495, 12);
  });

  it('goes on from a value', () => {
    expect(new Baseline(0.99, 0.5).update(1)).toBeCloseTo(0.505, 12);
    expect(new Baseline(0.99, 0).update(1)).toBeCloseTo(0.01, 12);
  });
});

describe('the loss of REINFORCE', () => {
  // By hand, for R = (1, 0.5) and b = 0.75:
  // (2·0.25 + 3·(−0.25)) / 2 = −0.125; entropy 1 on average, KL 0.3 on average.
  it.each([
    ['the policy term alone', { entropyWeight: 0, skipWeight: 0 }, true, -0.125],
    ['less the entropy', { entropyWeight: 0.1, skipWeight: 0 }, true, -0.125 - 0.1],
    ['and the KL of skips', { entropyWeight: 0.1, skipWeight: 0.8 }, true, -0.225 + 0.24],
    ['which may be missing', { entropyWeight: 0.1, skipWeight: 0.8 }, false, -0.225],
  ])('is %s', (_, weights, skips, value) => {
    expect(reinforceLoss(rolloutOf(skips), [1, 0.5], 0.75, weights).item()).toBeCloseTo(value, 6);
  });

  it('has the gradients of its parts', () => {
    const rollout = rolloutOf();
    reinforceLoss(rollout, [1, 0.5], 0.75, { entropyWeight: 0.1, skipWeight: 0.8 }).backward();
    const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 6));
    expect(rollout.logProb.grad!.tolist()).toEqual(close([-0.125, 0.125]));
    expect(rollout.entropy.grad!.tolist()).toEqual(close([-0.05, -0.05]));
    expect(rollout.skipKl!.grad!.tolist()).toEqual(close([0.4, 0.4]));
  });

  it('makes likelier what was better than the baseline', () => {
    const controller = controllerOf(macroDecisions(3));
    const rollout = controller.sample(2, new Streams(1), 'test', 0);
    const rewards = [1, 0];
    reinforceLoss(rollout, rewards, 0.5, { entropyWeight: 0, skipWeight: 0 }).backward();
    new torch.SGD([...controller.theta.values()], { lr: 0.5 }).step();
    const before = rollout.logProb.tolist() as number[];
    const after = controller.score(rollout.choices).logProb.tolist() as number[];
    expect(after[0]).toBeGreaterThan(before[0]!);
    expect(after[1]).toBeLessThan(before[1]!);
  });
});

describe('REINFORCE', () => {
  it('learns a bandit: the share of operators that are number 2', () => {
    const decisions = macroDecisions(6);
    const controller = controllerOf(decisions, { units: 32 });
    const adam = new torch.Adam([...controller.theta.values()], { lr: 0.01 });
    const streams = new Streams(5);
    const baseline = new Baseline(0.9);
    const ops = decisions.flatMap(({ kind }, i) => (kind === 'op' ? [i] : []));
    const rewardOf = (choices: readonly unknown[]) =>
      ops.filter((i) => choices[i] === 2).length / ops.length;
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

    const update = (step: number) =>
      torch.scope(() => {
        const rollout = controller.sample(10, streams, 'bandit', step);
        const rewards = rollout.choices.map(rewardOf);
        const b = baseline.value ?? mean(rewards);
        for (const reward of rewards) baseline.update(reward);
        adam.zeroGrad();
        reinforceLoss(rollout, rewards, b, { entropyWeight: 1e-3, skipWeight: 0 }).backward();
        adam.step();
        return mean(rewards);
      });
    const rewards = Array.from({ length: 200 }, (_, step) => update(step));

    expect(mean(rewards.slice(0, 10))).toBeLessThan(0.3);
    expect(mean(rewards.slice(-20))).toBeGreaterThan(0.7);
    expect(rewardOf(controller.greedy())).toBe(1);
  });
});

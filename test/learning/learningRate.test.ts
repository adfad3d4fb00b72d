import { expect, test } from 'vitest';
import { learningRate } from '../../src/learning/learningRate.ts';

test('the exponential schedule is constant, then a factor an epoch: PTB’s 20 × 0.96 after epoch 15', () => {
  const lr = { schedule: 'exponential', initial: 20, decay: 0.96, after: 15 } as const;
  expect([1, 14, 15].map((epoch) => learningRate(lr, epoch))).toEqual([20, 20, 20]);
  expect(learningRate(lr, 16)).toBeCloseTo(19.2);
  expect(learningRate(lr, 150)).toBeCloseTo(20 * 0.96 ** 135);
});

test('the cosine schedule starts at its maximum, from the first epoch and at every restart', () => {
  const lr = { schedule: 'cosine', max: 0.05, min: 0.001, period: 10, periodFactor: 2 } as const;
  expect([1, 11, 31].map((epoch) => learningRate(lr, epoch))).toEqual([0.05, 0.05, 0.05]);
  expect(learningRate(lr, 6)).toBeCloseTo(0.0255);
});

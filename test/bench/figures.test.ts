import { expect, test } from 'vitest';
import {
  gflops,
  largestDifference,
  meanDifference,
  median,
  medians,
  timesAsLong,
} from '../../scripts/bench/figures.mjs';

test('the median is the middle number, or half way between the middle two, whatever their order', () => {
  expect(median([10, 9, 100])).toBe(10);
  expect(median([4, 1, 10, 2])).toBe(3);
  expect(() => median([])).toThrow('at least one number');
});

test('an item of several rounds takes the median of its own times', () => {
  expect(
    medians([
      [1, 50],
      [9, 20],
      [2, 30],
    ]),
  ).toEqual([2, 30]);
});

test('a contender that ran fewer architectures is compared over those that both ran', () => {
  expect(timesAsLong([6], [2, 100])).toBe(3);
  expect(timesAsLong([6, 2], [2, 2])).toBe(2);
});

test('figures differ by the largest of their distances, relative to the reference', () => {
  expect(largestDifference([2, -10], [2, -10])).toBe(0);
  expect(largestDifference([2, -10], [2.1, -9])).toBeCloseTo(0.1, 12);
});

test('a missing figure and a NaN differ from everything', () => {
  for (const difference of [largestDifference, meanDifference]) {
    expect(difference([1, 2], [1])).toBe(Number.POSITIVE_INFINITY);
    expect(difference([1, 2], [1, Number.NaN])).toBe(Number.POSITIVE_INFINITY);
    expect(difference([1, Number.NaN], [1, 2])).toBe(Number.POSITIVE_INFINITY);
  }
});

test('rewards differ by the mean of their distances', () => {
  expect(meanDifference([0.5, 0], [0.25, 0.25])).toBe(0.25);
});

test('a training step counts three forward passes, and only of the architectures that were run', () => {
  const spec = { architectures: ['a', 'b', 'c'], multiplyAdds: [1e6, 2e6, 4e6], count: 100 };
  // 2 · 3 · 2e6 · 100 operations in half a second.
  expect(gflops({ kind: 'step', timed: [1, 2], spec }, [0.5])).toBeCloseTo(2.4, 9);
  expect(gflops({ kind: 'step', timed: [1, 2], spec }, [0.5, 0.1])).toBeCloseTo(6, 9);
});

test('a reward counts one forward pass of every architecture', () => {
  const spec = { architectures: ['a', 'b'], multiplyAdds: [1e6, 2e6], count: 100 };
  expect(gflops({ kind: 'reward', timed: [0], spec }, [0.5])).toBeCloseTo(1.2, 9);
});

import { describe, expect, it } from 'vitest';
// @ts-expect-error: the examples are JavaScript
import { counts, signTest, wilcoxonTest } from '../../examples/statistics.mjs';

/** Signs of the ranks 1 to n, those given being positive. */
const ranked = (n: number, positive: readonly number[]) =>
  Array.from({ length: n }, (_, i) => (positive.includes(i + 1) ? i + 1 : -(i + 1)));

describe('the tests of paired differences', () => {
  it('the sign test is the binomial distribution of a fair coin', () => {
    // 2 · (1 + 10) / 2^10, and 2 · (1 + 20 + 190) / 2^20.
    expect(signTest([-1, ...Array(9).fill(0.5)])).toBeCloseTo(22 / 1024, 12);
    expect(signTest([1, 1, ...Array(18).fill(-7)])).toBeCloseTo(422 / 2 ** 20, 12);
    expect(signTest([1, -1])).toBe(1);
  });

  it("Wilcoxon's test has the critical values of the published tables", () => {
    // The largest sum of the rarer sign's ranks with two-sided p ≤ 0.05: 8 for n = 10, 52 for n = 20.
    expect(wilcoxonTest(ranked(10, [8]))).toBeLessThanOrEqual(0.05);
    expect(wilcoxonTest(ranked(10, [9]))).toBeGreaterThan(0.05);
    expect(wilcoxonTest(ranked(20, [20, 19, 13]))).toBeLessThanOrEqual(0.05);
    expect(wilcoxonTest(ranked(20, [20, 19, 14]))).toBeGreaterThan(0.05);
    // Every difference positive: 2 / 2^n.
    expect(wilcoxonTest([3, 1, 2, 5, 4])).toBeCloseTo(2 / 32, 12);
  });

  it("Wilcoxon's test gives equal differences the mean of their ranks", () => {
    // Ranks 1.5, 1.5 and 3, of which 4.5 are positive: so are 4.5, 4.5 and 6 of the eight possible sums.
    expect(wilcoxonTest([-1, 1, 2])).toBeCloseTo(2 * (3 / 8), 12);
  });

  it('leave out pairs without a difference, and without any say 1', () => {
    expect(counts([0, 1, -2, 3])).toEqual([2, 1]);
    for (const test of [signTest, wilcoxonTest]) {
      expect(test([0, 0, 5, 4, 3, -1])).toBe(test([5, 4, 3, -1]));
      expect(test([0, 0])).toBe(1);
    }
  });
});

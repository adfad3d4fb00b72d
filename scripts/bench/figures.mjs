/** What the benchmark makes of the seconds it measured. Nothing here runs anything. */

export function median(numbers) {
  if (numbers.length === 0) throw new Error('median: expected at least one number, got none');
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** Seconds of each item of a round: the median over the rounds. */
export function medians(rounds) {
  return rounds[0].map((_, item) => median(rounds.map((round) => round[item])));
}

/**
 * How many times as long `other` takes as `own` does, over the items that both ran, which are the first
 * of the longer list.
 */
export function timesAsLong(other, own) {
  const both = Math.min(other.length, own.length);
  const total = (seconds) => seconds.slice(0, both).reduce((sum, one) => sum + one, 0);
  return total(other) / total(own);
}

/** How far figures lie from the reference's at most, relative to each; NaN and a missing one are far. */
export function largestDifference(reference, figures) {
  if (reference.length !== figures.length) return Number.POSITIVE_INFINITY;
  return reference.reduce((largest, expected, i) => {
    const difference = Math.abs(figures[i] - expected) / Math.abs(expected);
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largest, difference);
  }, 0);
}

/** How far figures lie from the reference's on average. */
export function meanDifference(reference, figures) {
  if (reference.length !== figures.length) return Number.POSITIVE_INFINITY;
  const difference = mean(reference.map((expected, i) => Math.abs(figures[i] - expected)));
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
}

/**
 * How contenders' figures are compared before anything is timed, and what may lie between them by the
 * precision; and how many forward passes' worth of products the case is.
 */
export const comparisons = {
  step: { difference: largestDifference, fp32: 1e-4, bf16: 1e-2, passes: 3 },
  reward: { difference: meanDifference, fp32: 0.005, bf16: 0.02, passes: 1 },
  controller: { difference: largestDifference, fp32: 1e-4 },
};

/** GFLOP/s of products, where the items took so many seconds. */
export function gflops({ kind, spec, timed }, seconds) {
  const { passes } = comparisons[kind];
  const indices = kind === 'reward' ? spec.architectures.keys() : timed.slice(0, seconds.length);
  const multiplyAdds = [...indices].reduce((sum, index) => sum + spec.multiplyAdds[index], 0);
  const total = seconds.reduce((sum, one) => sum + one, 0);
  return (2 * passes * multiplyAdds * spec.count) / total / 1e9;
}

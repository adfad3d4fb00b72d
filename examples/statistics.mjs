// Two tests of whether paired differences lie around zero, exact for as few pairs as one likes. Both give
// the two-sided p; pairs without a difference tell nothing and are left out.

/** The sign test: as many heads, of so many throws of a coin. */
export function signTest(differences) {
  const [wins, losses] = counts(differences);
  const ways = throws(Array(wins + losses).fill(1));
  return twoSided(ways, wins);
}

/** Wilcoxon's signed-rank test; equal differences share their ranks. */
export function wilcoxonTest(differences) {
  const sorted = differences.filter((each) => each !== 0).sort((a, b) => Math.abs(a) - Math.abs(b));
  const sizes = sorted.map(Math.abs);
  // Twice the mean rank, which is a whole number.
  const ranks = sizes.map((size) => sizes.indexOf(size) + sizes.lastIndexOf(size) + 2);
  const positive = ranks.reduce((sum, rank, i) => (sorted[i] > 0 ? sum + rank : sum), 0);
  return twoSided(throws(ranks), positive);
}

/** How many differences are above zero, and how many below. */
export function counts(differences) {
  return [
    differences.filter((each) => each > 0).length,
    differences.filter((each) => each < 0).length,
  ];
}

/** How probable each sum is, where each of some numbers is in it or not, as a coin says. */
function throws(numbers) {
  return numbers.reduce(
    (before, number) =>
      Array.from(
        { length: before.length + number },
        (_, sum) => ((before[sum] ?? 0) + (before[sum - number] ?? 0)) / 2,
      ),
    [1],
  );
}

function twoSided(probabilities, seen) {
  const total = (some) => some.reduce((sum, each) => sum + each, 0);
  const tails = [total(probabilities.slice(0, seen + 1)), total(probabilities.slice(seen))];
  return Math.min(1, 2 * Math.min(...tails));
}

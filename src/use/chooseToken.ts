/** How a token is chosen by a network's logits. */
export interface Sampling {
  /** Logits are divided by it; 0 = always the most probable token. */
  readonly temperature: number;
  /** Choose among so many of the most probable tokens; Infinity = all. */
  readonly topK: number;
}

/**
 * A token drawn from softmax(logits / temperature) over the `topK` largest logits. Of equal logits
 * the lower token counts as the larger.
 *
 * @param logits one for each token, finite
 * @param uniform a draw from [0, 1)
 */
export function chooseToken(
  logits: Float64Array,
  { temperature, topK }: Sampling,
  uniform: number,
): number {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  if (temperature === 0) return logits.indexOf(largest);
  const all = Array.from(logits.keys());
  const candidates =
    topK < all.length ? all.sort((a, b) => logits[b]! - logits[a]!).slice(0, topK) : all;
  // The largest logit is subtracted, so that exp cannot overflow.
  const weights = candidates.map((token) => Math.exp((logits[token]! - largest) / temperature));
  let left = uniform * weights.reduce((sum, weight) => sum + weight, 0);
  const chosen = weights.findIndex((weight) => (left -= weight) < 0);
  // Rounding may leave a little of the sum over.
  return candidates[chosen === -1 ? weights.findLastIndex((weight) => weight > 0) : chosen]!;
}
